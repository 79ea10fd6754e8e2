using System;

namespace SmimeSync
{
    /// <summary>An error of the native library, as ErrorRecord.Exception carries it.</summary>
    public sealed class SmimeException : Exception
    {
        public SmimeException(string message, int code, string id, string advice) : base(message)
        {
            Code = code;
            Id = id;
            Advice = advice;
        }

        /// <summary>The error's number; 0 where the module itself found it.</summary>
        public int Code { get; private set; }

        /// <summary>The error's name, which FullyQualifiedErrorId begins with.</summary>
        public string Id { get; private set; }

        /// <summary>What to do about it.</summary>
        public string Advice { get; private set; }

        /// <summary>The LDAP result code of the server, where there was one.</summary>
        public int? LdapResult { get; set; }

        /// <summary>The operating system's error number, where there was one.</summary>
        public int? OSError { get; set; }

        /// <summary>The other side's own text, where there was one.</summary>
        public string NativeText { get; set; }

        /// <summary>The HTTP status of the service, where there was one.</summary>
        public int? HttpStatus { get; set; }

        /// <summary>The service's id of the request, for its support, where it gave one.</summary>
        public string RequestId { get; set; }

        /// <summary>After how long the service wants to be asked again, where it said so.</summary>
        public TimeSpan? RetryAfter { get; set; }

        /// <summary>The service's own type of error, such as ManagementObjectNotFoundException.</summary>
        public string NativeException { get; set; }
    }
}

namespace SmimeSync.Native
{
    /// <summary>
    /// A function of the library failed; Json is the error as `ErrorBody` of docs/abi.md. The module turns it into
    /// an ErrorRecord.
    /// </summary>
    public sealed class NativeException : Exception
    {
        public NativeException(string json) : base(json)
        {
            Json = json;
        }

        public string Json { get; private set; }
    }

    /// <summary>The library is missing, of another processor or of another version.</summary>
    public sealed class LibraryException : Exception
    {
        public LibraryException(string message, Exception inner) : base(message, inner)
        {
        }
    }
}
