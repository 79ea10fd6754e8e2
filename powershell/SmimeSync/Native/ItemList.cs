using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;

namespace SmimeSync
{
    /// <summary>
    /// A list that behaves as an array in PowerShell and reads as text where a single value is expected,
    /// as in Export-Csv and in a table.
    /// </summary>
    public sealed class ItemList : List<object>
    {
        /// <summary>Takes the items of an array; null is an empty list.</summary>
        public ItemList(IEnumerable items)
        {
            if (items == null) return;
            foreach (object item in items) Add(item);
        }

        /// <summary>The items as text, separated by semicolons.</summary>
        public override string ToString()
        {
            var texts = new List<string>(Count);
            foreach (object item in this) texts.Add(item == null ? "" : item.ToString());
            return string.Join("; ", texts.ToArray());
        }
    }

    /// <summary>Dates of the library's JSON.</summary>
    public static class UtcDate
    {
        /// <summary>The day as text, 2027-03-01, whatever the culture and its calendar; null stays null.</summary>
        public static string Day(object value)
        {
            return Text(value, "yyyy-MM-dd");
        }

        /// <summary>The minute as text, 2027-03-01 09:00, whatever the culture; null stays null.</summary>
        public static string Minute(object value)
        {
            return Text(value, "yyyy-MM-dd HH:mm");
        }

        private static string Text(object value, string form)
        {
            object date = From(value);
            return date == null ? null : ((DateTime)date).ToString(form, CultureInfo.InvariantCulture);
        }

        /// <summary>
        /// A UTC DateTime of RFC 3339 text, or of the DateTime that ConvertFrom-Json made of it; null stays null.
        /// </summary>
        public static object From(object value)
        {
            if (value == null) return null;
            if (value is DateTime) return ((DateTime)value).ToUniversalTime();
            return DateTime.Parse(
                value.ToString(),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
        }
    }
}
