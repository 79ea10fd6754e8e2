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

        private static readonly Regex OddJson = new Regex(
            "\\\\[bfnrtu]|[" + Hidden + "]|" + Tag + "|[:,\\[]\"[=+@-]", RegexOptions.CultureInvariant);

        /// <summary>Whether JSON may hold text that is shown otherwise; a quick look at all of it.</summary>
        public static bool MayDiffer(string json)
        {
            return json != null && OddJson.IsMatch(json);
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
            return !string.IsNullOrEmpty(shown) && "=+-@".IndexOf(shown[0]) >= 0 ? "'" + shown : shown;
        }

        private static string Escape(Match match)
        {
            int character = char.ConvertToUtf32(match.Value, 0);
            return "\\u{" + character.ToString("x", CultureInfo.InvariantCulture) + "}";
        }
    }
}
