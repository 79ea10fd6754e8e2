using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.Specialized;
using System.Globalization;

namespace SmimeSync
{
    /// <summary>
    /// A list that behaves as an array in PowerShell and reads as text where a single value is expected,
    /// as in Export-Csv and in a table.
    /// </summary>
    public class ItemList<T> : List<T>
    {
        /// <summary>An empty list.</summary>
        public ItemList()
        {
        }

        /// <summary>Takes the items of an array, or one text; null is an empty list.</summary>
        public ItemList(IEnumerable items)
        {
            if (items == null) return;
            // A text is one item, not its characters.
            if (items is string) items = new object[] { items };
            foreach (object item in items) Add((T)Plain(item));
        }

        /// <summary>The item; what PowerShell has wrapped a text in is the text.</summary>
        private static object Plain(object item)
        {
            return typeof(T) == typeof(string) && item != null ? item.ToString() : item;
        }

        /// <summary>The items as they are shown, separated by semicolons.</summary>
        public override string ToString()
        {
            var texts = new List<string>(Count);
            foreach (T item in this) texts.Add(item == null ? "" : ShownText.Of(item.ToString()));
            return string.Join("; ", texts.ToArray());
        }
    }

    /// <summary>
    /// Texts by name, in any case, which a parameter takes as a hashtable and which read as text where a single value is
    /// expected.
    /// </summary>
    public class TextMap : OrderedDictionary
    {
        /// <summary>An empty map.</summary>
        public TextMap() : base(StringComparer.OrdinalIgnoreCase)
        {
        }

        /// <summary>Takes the names and texts of a hashtable; null is an empty map.</summary>
        public TextMap(IDictionary texts) : this()
        {
            if (texts == null) return;
            foreach (DictionaryEntry one in texts) this[one.Key.ToString()] = one.Value == null ? null : one.Value.ToString();
        }

        /// <summary>The names and texts as they are shown: mail=rfc822Mailbox; displayName=cn.</summary>
        public override string ToString()
        {
            var texts = new List<string>(Count);
            foreach (DictionaryEntry one in this) texts.Add(ShownText.Of(one.Key + "=" + one.Value));
            return string.Join("; ", texts.ToArray());
        }
    }

    /// <summary>Dates as text, whatever the culture and its calendar.</summary>
    public static class UtcDate
    {
        /// <summary>The day, 2027-03-01; null stays null.</summary>
        public static string Day(object value)
        {
            return Text(value, "yyyy-MM-dd");
        }

        /// <summary>The minute, 2027-03-01 09:00; null stays null.</summary>
        public static string Minute(object value)
        {
            return Text(value, "yyyy-MM-dd HH:mm");
        }

        /// <summary>The second, 2027-03-01 09:00:00Z; null stays null.</summary>
        public static string Second(object value)
        {
            return Text(value, "yyyy-MM-dd HH:mm:ss'Z'");
        }

        private static string Text(object value, string form)
        {
            if (value == null) return null;
            // What was stored and read again is text.
            DateTime date = value is DateTime
                ? ((DateTime)value).ToUniversalTime()
                : DateTime.Parse(
                    value.ToString(), CultureInfo.InvariantCulture,
                    DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
            return date.ToString(form, CultureInfo.InvariantCulture);
        }
    }
}
