using System.Collections.Generic;

namespace SmimeSync.Native
{
    /// <summary>
    /// What a task tells (docs/abi.md, Events). Results that follow one another are one event, so that they can be handed on
    /// together.
    /// </summary>
    public sealed class TaskEvent
    {
        private TaskEvent(string kind)
        {
            Event = kind;
        }

        /// <summary>Result, OddResult, Progress, Log, or any other, which has its JSON only.</summary>
        public string Event { get; private set; }

        /// <summary>Result: the objects. OddResult: one whose texts may have to be shown otherwise.</summary>
        public object[] Objects { get; private set; }

        /// <summary>The event as JSON, where it is neither of the above.</summary>
        public string Json { get; private set; }

        /// <summary>Log: the stream.</summary>
        public string Level { get; private set; }

        /// <summary>Log: the sentence.</summary>
        public string Message { get; private set; }

        /// <summary>Progress: the step.</summary>
        public string Activity { get; private set; }

        /// <summary>Progress: how many recipients are done.</summary>
        public long Done { get; private set; }

        /// <summary>Progress: how many there are, where that is known.</summary>
        public long? Total { get; private set; }

        /// <summary>Progress: recipients per second.</summary>
        public double Rate { get; private set; }

        /// <summary>Progress: seconds until the step ends, where that can be told.</summary>
        public long? SecondsLeft { get; private set; }

        internal static TaskEvent[] ReadAll(string json)
        {
            var reader = new JsonReader(json);
            var all = new List<TaskEvent>();
            var results = new List<object>();
            reader.OpenList();
            while (reader.HasItem())
            {
                int begin = reader.Position;
                TaskEvent one = Read(reader);
                if (one.Event == "Result")
                {
                    results.Add(one.Objects[0]);
                    continue;
                }
                Flush(results, all);
                if (one.Event != "OddResult" && one.Event != "Log" && one.Event != "Progress") one.Json = reader.Cut(begin);
                all.Add(one);
            }
            Flush(results, all);
            return all.ToArray();
        }

        private static void Flush(List<object> results, List<TaskEvent> all)
        {
            if (results.Count == 0) return;
            all.Add(new TaskEvent("Result") { Objects = results.ToArray() });
            results.Clear();
        }

        private static TaskEvent Read(JsonReader reader)
        {
            var made = new TaskEvent(null);
            string type = null;
            int unread = -1;
            reader.Open();
            for (string name; (name = reader.NextName()) != null;)
            {
                switch (name)
                {
                    case "Event": made.Event = reader.Text(); break;
                    case "Type": type = reader.Text(); break;
                    case "Object":
                        if (type != null) made.Take(reader, type);
                        else { unread = reader.Position; reader.Skip(); }
                        break;
                    case "Level": made.Level = reader.Text(); break;
                    case "Message": made.Message = reader.Text(); break;
                    case "Activity": made.Activity = reader.Text(); break;
                    case "Done": made.Done = reader.Integer(); break;
                    case "Total": made.Total = reader.IntegerOrNull(); break;
                    case "Rate": made.Rate = reader.Number(); break;
                    case "SecondsLeft": made.SecondsLeft = reader.IntegerOrNull(); break;
                    default: reader.Skip(); break;
                }
            }
            // Fields come in any order.
            if (unread >= 0 && made.Objects == null)
            {
                int end = reader.Position;
                reader.Position = unread;
                made.Take(reader, type);
                reader.Position = end;
            }
            return made;
        }

        private void Take(JsonReader reader, string type)
        {
            reader.Odd = false;
            Objects = new[] { Results.Read(reader, type) };
            if (reader.Odd) Event = "OddResult";
        }
    }
}
