using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace SmimeSync.Native
{
    /// <summary>An engine: the configuration and secrets of one cmdlet's call.</summary>
    public sealed class Engine : SafeHandleZeroOrMinusOneIsInvalid
    {
        /// <summary>Makes an engine; Library.Load comes first.</summary>
        public Engine(string configJson) : base(true)
        {
            byte[] config = Encoding.UTF8.GetBytes(configJson);
            ulong made, error;
            Answer.Check(Library.EngineNew(config, Answer.Size(config), out made, out error), error);
            SetHandle(Answer.ToPointer(made));
        }

        /// <summary>Gives the engine a secret; every copy made on the way is zeroed.</summary>
        public void SetSecret(string name, SecureString secret)
        {
            byte[] nameBytes = Encoding.UTF8.GetBytes(name);
            char[] characters = new char[secret.Length];
            byte[] bytes = null;
            IntPtr copy = Marshal.SecureStringToGlobalAllocUnicode(secret);
            try
            {
                Marshal.Copy(copy, characters, 0, characters.Length);
                bytes = Encoding.UTF8.GetBytes(characters);
                ulong error;
                int status = Library.EngineSetSecret(
                    Answer.ToNumber(handle), nameBytes, Answer.Size(nameBytes), bytes, Answer.Size(bytes), out error);
                Answer.Check(status, error);
            }
            finally
            {
                Marshal.ZeroFreeGlobalAllocUnicode(copy);
                Array.Clear(characters, 0, characters.Length);
                if (bytes != null) Array.Clear(bytes, 0, bytes.Length);
                GC.KeepAlive(this);
            }
        }

        /// <summary>Starts a task of this engine.</summary>
        public Operation Start(string requestJson)
        {
            byte[] request = Encoding.UTF8.GetBytes(requestJson);
            ulong made, error;
            int status = Library.TaskStart(
                Answer.ToNumber(handle), request, Answer.Size(request), out made, out error);
            Answer.Check(status, error);
            GC.KeepAlive(this);
            return new Operation(made);
        }

        protected override bool ReleaseHandle()
        {
            ulong error;
            return Answer.Succeeded(Library.EngineFree(Answer.ToNumber(handle), out error), error);
        }
    }

    /// <summary>A running task. Disposing of it cancels it and waits half a second at most.</summary>
    public sealed class Operation : SafeHandleZeroOrMinusOneIsInvalid
    {
        private bool ended;
        private CancellationTokenRegistration stopping;

        internal Operation(ulong task) : base(true)
        {
            SetHandle(Answer.ToPointer(task));
        }

        /// <summary>Whether every event has been taken.</summary>
        public bool Ended
        {
            get { return ended; }
        }

        /// <summary>The next events; none if none came in time, or if the task has ended.</summary>
        public TaskEvent[] Next(int milliseconds)
        {
            string json = NextJson(milliseconds);
            return json == null ? NoEvents : TaskEvent.ReadAll(json);
        }

        private static readonly TaskEvent[] NoEvents = new TaskEvent[0];

        private string NextJson(int milliseconds)
        {
            ulong buffer, error;
            int status = Library.TaskNext(Answer.ToNumber(handle), (uint)milliseconds, out buffer, out error);
            Answer.Check(status, error);
            GC.KeepAlive(this);
            ended = status == Status.Finished;
            return status == Status.Events ? Answer.Take(buffer) : null;
        }

        /// <summary>Answers questions: a JSON array.</summary>
        public void Send(string answersJson)
        {
            byte[] answers = Encoding.UTF8.GetBytes(answersJson);
            ulong error;
            Answer.Check(
                Library.TaskSend(Answer.ToNumber(handle), answers, Answer.Size(answers), out error), error);
            GC.KeepAlive(this);
        }

        /// <summary>Asks the task to end; its last events still come.</summary>
        public void Cancel()
        {
            ulong error;
            Answer.Check(Library.TaskCancel(Answer.ToNumber(handle), out error), error);
            GC.KeepAlive(this);
        }

        /// <summary>Asks the task to end once the pipeline is stopped, on the thread that stops it: this one may be busy.</summary>
        public void CancelWhen(CancellationToken stopped)
        {
            stopping = stopped.Register(delegate
            {
                try
                {
                    if (!ended) Cancel();
                }
                catch (NativeException)
                {
                    // It is gone already.
                }
            });
        }

        /// <summary>
        /// Asks the task to end and waits for that, so that it can record how it ended; its last events are dropped.
        /// </summary>
        public void Stop(int milliseconds)
        {
            Stopwatch watch = Stopwatch.StartNew();
            try
            {
                if (!ended) Cancel();
                while (!ended && watch.ElapsedMilliseconds < milliseconds) NextJson(100);
            }
            catch (NativeException)
            {
                // It is disposed of whatever it says.
                ended = true;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) stopping.Dispose();
            base.Dispose(disposing);
        }

        protected override bool ReleaseHandle()
        {
            ulong error;
            return Answer.Succeeded(Library.TaskFree(Answer.ToNumber(handle), out error), error);
        }
    }

    /// <summary>What the library's functions answer.</summary>
    internal static class Answer
    {
        /// <summary>Throws the library's error if the status says that there is one.</summary>
        internal static void Check(int status, ulong error)
        {
            if (status >= 0) return;
            ulong buffer, failure;
            string json = Library.ErrorJson(error, out buffer, out failure) >= 0 ? Take(buffer) : null;
            Library.ErrorFree(error, out failure);
            throw new NativeException(json);
        }

        /// <summary>The same where nothing may be thrown.</summary>
        internal static bool Succeeded(int status, ulong error)
        {
            ulong failure;
            if (status < 0) Library.ErrorFree(error, out failure);
            return status >= 0;
        }

        /// <summary>The text in a buffer, which is freed.</summary>
        internal static string Take(ulong buffer)
        {
            IntPtr data, length;
            ulong error;
            try
            {
                Check(Library.BufferData(buffer, out data, out error), error);
                Check(Library.BufferLength(buffer, out length, out error), error);
                byte[] bytes = new byte[length.ToInt64()];
                Marshal.Copy(data, bytes, 0, bytes.Length);
                return Encoding.UTF8.GetString(bytes);
            }
            finally
            {
                Library.BufferFree(buffer, out error);
            }
        }

        internal static UIntPtr Size(byte[] bytes)
        {
            return new UIntPtr((uint)bytes.Length);
        }

        // A handle is a 64-bit number; the module refuses to load into 32-bit processes.
        internal static IntPtr ToPointer(ulong handle)
        {
            return new IntPtr(unchecked((long)handle));
        }

        internal static ulong ToNumber(IntPtr handle)
        {
            return unchecked((ulong)handle.ToInt64());
        }
    }
}
