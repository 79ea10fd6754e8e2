using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmimeSync
{
    /// <summary>Text of a directory as tables, lists and CSV files show it.</summary>
    public static class ShownText
    {
        // The library's own list of characters that nobody sees, as pairs of first and last: src/model/printable.rs.
        private const string Hidden =
            "\u0000\u001F\u007F\u009F\u00AD\u00AD\u034F\u034F\u061C\u061C\u115F\u1160\u17B4\u17B5\u180E\u180E" +
            "\u200B\u200F\u2028\u202E\u2060\u206F\u3164\u3164\uFEFF\uFEFF\uFFA0\uFFA0\uFFF0\uFFFB";

        // U+E0000 to U+E007F, as UTF-16.
        private const char TagsBegin = '\uDB40';
        private const string Tag = "\\uDB40[\\uDC00-\\uDC7F]";

        private static readonly Regex HiddenText = new Regex("[" + Ranges() + "]|" + Tag, RegexOptions.CultureInvariant);

        private static string Ranges()
        {
            StringBuilder ranges = new StringBuilder();
            for (int at = 0; at < Hidden.Length; at += 2)
            {
                ranges.AppendFormat(CultureInfo.InvariantCulture, "\\u{0:X4}-\\u{1:X4}", (int)Hidden[at], (int)Hidden[at + 1]);
            }
            return ranges.ToString();
        }

        /// <summary>Whether a character is one that nobody sees, or may begin such a one.</summary>
        internal static bool IsOdd(char one)
        {
            if (one >= ' ' && one < '\u007F') return false;
            for (int at = 0; at < Hidden.Length && Hidden[at] <= one; at += 2)
            {
                if (one <= Hidden[at + 1]) return true;
            }
            return one == TagsBegin;
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
            // The SideIndicator of a Difference, which scripts compare, is no formula.
            if (string.IsNullOrEmpty(shown) || shown == "=>") return shown;
            return BeginsFormula(shown[0]) ? "'" + shown : shown;
        }

        private static string Escape(Match match)
        {
            int character = char.ConvertToUtf32(match.Value, 0);
            return "\\u{" + character.ToString("x", CultureInfo.InvariantCulture) + "}";
        }
    }
}
