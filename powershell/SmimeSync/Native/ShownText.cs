using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmimeSync
{
    /// <summary>Text of a directory as tables, lists and CSV files show it.</summary>
    public static class ShownText
    {
        // The library's own list of characters that nobody sees: src/model/printable.rs.
        private const string Hidden =
            "\\x00-\\x1F\\x7F-\\x9F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180E\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F" +
            "\\u3164\\uFEFF\\uFFA0\\uFFF0-\\uFFFB";

        // U+E0000 to U+E007F, as UTF-16.
        private const string Tag = "\\uDB40[\\uDC00-\\uDC7F]";

        private static readonly Regex HiddenText = new Regex("[" + Hidden + "]|" + Tag, RegexOptions.CultureInvariant);

        private const string Odd = "\u115F\u1160\u17B4\u17B5\u180E\u3164\uDB40";

        /// <summary>Whether a character may be one that nobody sees: a quick look, which takes some others for one, too.</summary>
        internal static bool IsOdd(char one)
        {
            if (one < '\u007F') return one < ' ';
            if (one < '\u115F') return one < '\u00A0' || one == '\u00AD' || one == '\u034F' || one == '\u061C';
            return Odd.IndexOf(one) >= 0 || (one >= '\u200B' && one <= '\u206F') || one >= '\uFEFF';
        }

        /// <summary>Whether a spreadsheet takes a text that begins so for a formula.</summary>
        internal static bool BeginsFormula(char first)
        {
            return "=+-@".IndexOf(first) >= 0;
        }

        /// <summary>The text with its hidden characters as \u{1b}: for a message.</summary>
        public static string Printable(string text)
        {
            return string.IsNullOrEmpty(text) ? text : HiddenText.Replace(text, Escape);
        }

        /// <summary>The same; what a spreadsheet would take for a formula gets an apostrophe before it.</summary>
        public static string Of(string text)
        {
            string shown = Printable(text);
            return !string.IsNullOrEmpty(shown) && BeginsFormula(shown[0]) ? "'" + shown : shown;
        }

        private static string Escape(Match match)
        {
            int character = char.ConvertToUtf32(match.Value, 0);
            return "\\u{" + character.ToString("x", CultureInfo.InvariantCulture) + "}";
        }
    }
}
