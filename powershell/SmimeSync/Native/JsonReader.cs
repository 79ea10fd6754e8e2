using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SmimeSync.Native
{
    /// <summary>
    /// Reads the library's JSON (RFC 8259) from front to back, field by field, into fields of known types. What is no JSON,
    /// or of another type than the field, is a LibraryException: library and module don't belong together.
    /// </summary>
    internal sealed class JsonReader
    {
        // Objects within objects; the library's have four levels.
        private const int Deepest = 64;

        private readonly string text;
        private int at;
        private int depth;
        // Whether nothing was read in the innermost object or list yet.
        private bool first;

        internal JsonReader(string json)
        {
            text = json;
        }

        /// <summary>Whether a text read since this was last set to false may have to be shown otherwise.</summary>
        internal bool Odd { get; set; }

        /// <summary>Where the next value begins; to read it again, or to cut it out.</summary>
        internal int Position
        {
            get { SkipBlanks(); return at; }
            set { at = value; }
        }

        internal string Cut(int from)
        {
            return text.Substring(from, at - from);
        }

        /// <summary>Enters an object; false for null.</summary>
        internal bool Open()
        {
            if (TakesNull()) return false;
            Enter('{');
            return true;
        }

        /// <summary>The next field's name; null at the object's end.</summary>
        internal string NextName()
        {
            if (!HasMore('}')) return null;
            string name = Literal();
            Expect(':');
            return name;
        }

        /// <summary>Enters a list; false for null.</summary>
        internal bool OpenList()
        {
            if (TakesNull()) return false;
            Enter('[');
            return true;
        }

        /// <summary>Whether the list has one more item; it is read next.</summary>
        internal bool HasItem()
        {
            return HasMore(']');
        }

        internal string Text()
        {
            return TakesNull() ? null : Literal();
        }

        internal long Integer()
        {
            long? value = IntegerOrNull();
            if (value == null) throw Failure("a whole number");
            return value.Value;
        }

        internal long? IntegerOrNull()
        {
            if (TakesNull()) return null;
            long value;
            if (long.TryParse(Word(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)) return value;
            throw Failure("a whole number");
        }

        internal double Number()
        {
            double value;
            if (double.TryParse(Word(), NumberStyles.Float, CultureInfo.InvariantCulture, out value)) return value;
            throw Failure("a number");
        }

        internal bool Flag()
        {
            bool? value = FlagOrNull();
            if (value == null) throw Failure("true or false");
            return value.Value;
        }

        internal bool? FlagOrNull()
        {
            if (TakesNull()) return null;
            string word = Word();
            if (word == "true") return true;
            if (word == "false") return false;
            throw Failure("true or false");
        }

        internal DateTime Time()
        {
            DateTime? value = TimeOrNull();
            if (value == null) throw Failure("a time");
            return value.Value;
        }

        /// <summary>RFC 3339 in UTC, to the second: 2027-03-01T09:00:00Z.</summary>
        internal DateTime? TimeOrNull()
        {
            if (TakesNull()) return null;
            string value = Literal();
            DateTime time;
            const DateTimeStyles Utc = DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal;
            if (DateTime.TryParseExact(value, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, Utc, out time)) return time;
            if (DateTime.TryParse(value, CultureInfo.InvariantCulture, Utc, out time)) return time;
            throw Failure("a time");
        }

        internal ItemList<string> Texts()
        {
            return List<string>(json => json.Text());
        }

        internal TextMap TextMap()
        {
            var map = new TextMap();
            if (!Open()) return map;
            for (string name; (name = NextName()) != null;) map[name] = Text();
            return map;
        }

        internal ItemList<T> List<T>(Func<JsonReader, T> one)
        {
            var list = new ItemList<T>();
            if (!OpenList()) return list;
            while (HasItem()) list.Add(one(this));
            return list;
        }

        /// <summary>Passes one value of any kind.</summary>
        internal void Skip()
        {
            switch (Peek())
            {
                case '{':
                    Open();
                    while (NextName() != null) Skip();
                    break;
                case '[':
                    OpenList();
                    while (HasItem()) Skip();
                    break;
                case '"':
                    Literal();
                    break;
                default:
                    Word();
                    break;
            }
        }

        private void Enter(char bracket)
        {
            Expect(bracket);
            if (++depth > Deepest) throw Failure("fewer levels");
            first = true;
        }

        private bool HasMore(char closing)
        {
            char next = Peek();
            if (next == closing)
            {
                at++;
                depth--;
                first = false;
                return false;
            }
            if (!first) Expect(',');
            first = false;
            return true;
        }

        private char Peek()
        {
            SkipBlanks();
            if (at >= text.Length) throw Failure("more");
            return text[at];
        }

        private void Expect(char wanted)
        {
            if (Peek() != wanted) throw Failure("'" + wanted + "'");
            at++;
        }

        private void SkipBlanks()
        {
            while (at < text.Length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) at++;
        }

        private bool TakesNull()
        {
            if (Peek() != 'n') return false;
            if (Word() != "null") throw Failure("null");
            return true;
        }

        private string Word()
        {
            SkipBlanks();
            int from = at;
            while (at < text.Length && ",]} \n\r\t".IndexOf(text[at]) < 0) at++;
            return text.Substring(from, at - from);
        }

        private string Literal()
        {
            Expect('"');
            int from = at;
            while (at < text.Length && text[at] != '"' && text[at] != '\\')
            {
                if (ShownText.IsOdd(text[at])) Odd = true;
                at++;
            }
            if (at >= text.Length) throw Failure("the end of a text");
            if (at > from && ShownText.BeginsFormula(text[from])) Odd = true;
            if (text[at] == '"') return text.Substring(from, at++ - from);
            return WithEscapes(from);
        }

        private string WithEscapes(int from)
        {
            var built = new StringBuilder(text, from, at - from, Math.Max(64, 2 * (at - from)));
            while (true)
            {
                if (at >= text.Length) throw Failure("the end of a text");
                char next = text[at++];
                if (next == '"') break;
                if (next == '\\') next = Escaped();
                if (ShownText.IsOdd(next)) Odd = true;
                built.Append(next);
            }
            if (built.Length > 0 && ShownText.BeginsFormula(built[0])) Odd = true;
            return built.ToString();
        }

        private char Escaped()
        {
            if (at >= text.Length) throw Failure("the end of a text");
            char kind = text[at++];
            switch (kind)
            {
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u':
                    ushort unit;
                    string digits = at + 4 <= text.Length ? text.Substring(at, 4) : "";
                    if (!ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out unit))
                    {
                        throw Failure("four hexadecimal digits");
                    }
                    at += 4;
                    return (char)unit;
                case '"':
                case '\\':
                case '/':
                    return kind;
                default:
                    throw Failure("an escape");
            }
        }

        private LibraryException Failure(string wanted)
        {
            return new LibraryException(
                "The native library's answer can't be read: " + wanted + " was expected at character " +
                at.ToString(CultureInfo.InvariantCulture) + ". Install module and library from the same package.", null);
        }
    }
}
