using System;

namespace SmimeSync.Native
{
    /// <summary>Which of the module's libraries fits this process.</summary>
    public static class Platform
    {
        /// <summary>The library's path in the module's folder; an error where there is none for this process.</summary>
        public static string LibraryPath(string moduleFolder)
        {
            string processor = Processor();
            string system, file;
            if (Environment.OSVersion.Platform == PlatformID.Win32NT)
            {
                system = "win";
                file = "smime_sync.dll";
            }
            else if (System.IO.Directory.Exists("/System/Library/CoreServices"))
            {
                system = "osx";
                file = "libsmime_sync.dylib";
            }
            else
            {
                system = "linux";
                file = "libsmime_sync.so";
            }
            string name = system + "-" + processor;
            string[] parts = { moduleFolder, "runtimes", name, "native", file };
            string path = System.IO.Path.Combine(parts);
            if (IntPtr.Size == 8 && System.IO.File.Exists(path)) return path;
            throw new LibraryException(
                "This package has no library for this process (" + name + ", " + IntPtr.Size * 8 + " bits); '" + path +
                "' is missing. Use 64-bit PowerShell, and the module's package for this kind of machine.", null);
        }

        private static string Processor()
        {
            // .NET Framework before 4.7.1 lacks RuntimeInformation; there Windows tells it by the environment.
            Type information =
                Type.GetType("System.Runtime.InteropServices.RuntimeInformation, " +
                    "System.Runtime.InteropServices.RuntimeInformation")
                ?? typeof(object).Assembly.GetType("System.Runtime.InteropServices.RuntimeInformation");
            string name = information == null
                ? Environment.GetEnvironmentVariable("PROCESSOR_ARCHITECTURE")
                : information.GetProperty("ProcessArchitecture").GetValue(null, null).ToString();
            name = (name ?? "").ToLowerInvariant();
            return name == "amd64" ? "x64" : name;
        }
    }
}
