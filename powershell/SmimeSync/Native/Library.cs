using System;
using System.Reflection;
using System.Runtime.InteropServices;

namespace SmimeSync.Native
{
    /// <summary>
    /// The native library, loaded by its full path once a process, and its functions (include/smime_sync.h). The same
    /// assembly serves .NET Framework and .NET, so P/Invoke's own search for the file can't be used.
    /// </summary>
    public static class Library
    {
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate uint Version();
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int MakeOne(byte[] text, UIntPtr length, out ulong made, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int MakeOf(ulong handle, byte[] text, UIntPtr length, out ulong made, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int GiveSecret(
            ulong handle, byte[] name, UIntPtr nameLength, byte[] secret, UIntPtr secretLength, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int GiveText(ulong handle, byte[] text, UIntPtr length, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int TakeNext(ulong handle, uint milliseconds, out ulong buffer, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int Look(ulong handle, out IntPtr value, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int Describe(ulong handle, out ulong buffer, out ulong error);
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int Act(ulong handle, out ulong error);

        internal static MakeOne EngineNew;
        internal static GiveSecret EngineSetSecret;
        internal static Act EngineFree;
        internal static MakeOf TaskStart;
        internal static TakeNext TaskNext;
        internal static GiveText TaskSend;
        internal static Act TaskCancel;
        internal static Act TaskFree;
        internal static Look BufferData;
        internal static Look BufferLength;
        internal static Act BufferFree;
        internal static Describe ErrorJson;
        internal static Act ErrorFree;

        private static readonly object Gate = new object();
        private static string loaded;

        /// <summary>The path that the library was loaded from; null before.</summary>
        public static string LoadedFrom
        {
            get { return loaded; }
        }

        /// <summary>Loads the library; later calls do nothing, whatever their path.</summary>
        public static void Load(string path)
        {
            lock (Gate)
            {
                if (loaded != null) return;
                IntPtr module = Loader.Open(path);
                uint version = Bind<Version>(module, "smime_abi_version")();
                if (version != Abi.Version)
                {
                    throw new LibraryException(
                        "The library '" + path + "' has version " + version + " of the interface, but this module " +
                        "needs version " + Abi.Version + ". Install module and library from the same package.", null);
                }
                EngineNew = Bind<MakeOne>(module, "smime_engine_new");
                EngineSetSecret = Bind<GiveSecret>(module, "smime_engine_set_secret");
                EngineFree = Bind<Act>(module, "smime_engine_free");
                TaskStart = Bind<MakeOf>(module, "smime_task_start");
                TaskNext = Bind<TakeNext>(module, "smime_task_next");
                TaskSend = Bind<GiveText>(module, "smime_task_send");
                TaskCancel = Bind<Act>(module, "smime_task_cancel");
                TaskFree = Bind<Act>(module, "smime_task_free");
                BufferData = Bind<Look>(module, "smime_buffer_data");
                BufferLength = Bind<Look>(module, "smime_buffer_len");
                BufferFree = Bind<Act>(module, "smime_buffer_free");
                ErrorJson = Bind<Describe>(module, "smime_error_json");
                ErrorFree = Bind<Act>(module, "smime_error_free");
                loaded = path;
            }
        }

        private static T Bind<T>(IntPtr module, string name) where T : class
        {
            return (T)(object)Marshal.GetDelegateForFunctionPointer(Loader.Find(module, name), typeof(T));
        }
    }

    /// <summary>Opens a shared library: by NativeLibrary where the runtime has it, else by Windows itself.</summary>
    internal static class Loader
    {
        // The library's own folder is searched for what it needs; the current folder is not.
        private const uint SearchItsFolderAndSystem = 0x00000100 | 0x00001000;

        private static readonly Type NativeLibrary =
            typeof(object).Assembly.GetType("System.Runtime.InteropServices.NativeLibrary");

        [DllImport("kernel32", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern IntPtr LoadLibraryExW(string path, IntPtr reserved, uint flags);

        [DllImport("kernel32", CharSet = CharSet.Ansi, SetLastError = true, BestFitMapping = false)]
        private static extern IntPtr GetProcAddress(IntPtr module, string name);

        internal static IntPtr Open(string path)
        {
            if (NativeLibrary != null) return Call("Load", new object[] { path }, path);
            IntPtr module = LoadLibraryExW(path, IntPtr.Zero, SearchItsFolderAndSystem);
            if (module == IntPtr.Zero) throw Failure(path, LastError());
            return module;
        }

        internal static IntPtr Find(IntPtr module, string name)
        {
            if (NativeLibrary != null) return Call("GetExport", new object[] { module, name }, name);
            IntPtr function = GetProcAddress(module, name);
            if (function == IntPtr.Zero) throw Failure(name, LastError());
            return function;
        }

        private static IntPtr Call(string method, object[] arguments, string what)
        {
            Type[] types = Array.ConvertAll<object, Type>(arguments, delegate(object one) { return one.GetType(); });
            try
            {
                return (IntPtr)NativeLibrary.GetMethod(method, types).Invoke(null, arguments);
            }
            catch (TargetInvocationException wrapped)
            {
                throw Failure(what, wrapped.InnerException);
            }
        }

        private static Exception LastError()
        {
            return Marshal.GetExceptionForHR(Marshal.GetHRForLastWin32Error());
        }

        private static LibraryException Failure(string what, Exception cause)
        {
            return new LibraryException("The native library cannot be used ('" + what + "'): " + cause.Message, cause);
        }
    }
}
