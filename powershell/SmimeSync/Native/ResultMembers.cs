using System;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace SmimeSync
{
    public sealed partial class Profile
    {
        /// <summary>The name, as parameters have it.</summary>
        public string ProfileName
        {
            get { return Name; }
        }

        /// <summary>The profile's name.</summary>
        public override string ToString()
        {
            return Name;
        }
    }

    public sealed partial class AdditionalSource
    {
        /// <summary>Its kind and its servers.</summary>
        public override string ToString()
        {
            return Source + " " + string.Join(", ", Server);
        }
    }

    public sealed partial class Run
    {
        /// <summary>The number, as parameters have it.</summary>
        public long RunId
        {
            get { return Id; }
        }

        /// <summary>How long it took, to the millisecond.</summary>
        public TimeSpan Duration
        {
            get { return TimeSpan.FromTicks((long)(Seconds * TimeSpan.TicksPerSecond)); }
        }

        /// <summary>The run in a few words: corp 12: Success.</summary>
        public override string ToString()
        {
            return string.Format(CultureInfo.InvariantCulture, "{0} {1}: {2}", ProfileName, Id, Result);
        }
    }

    public sealed partial class Change
    {
        /// <summary>The change in a few words: Add alice@contoso.test.</summary>
        public override string ToString()
        {
            return base.Change + " " + ShownText.Printable(Recipient);
        }
    }

    public sealed partial class Certificate
    {
        /// <summary>The certificate's DER; null where none could be read.</summary>
        public byte[] GetRawCertData()
        {
            return string.IsNullOrEmpty(RawData) ? null : Convert.FromBase64String(RawData);
        }

        /// <summary>The certificate for .NET; null where none could be read.</summary>
        public X509Certificate2 ToX509Certificate2()
        {
            byte[] bytes = GetRawCertData();
            return bytes == null ? null : new X509Certificate2(bytes);
        }

        /// <summary>Whose it is, and its thumbprint.</summary>
        public override string ToString()
        {
            return ShownText.Printable(Recipient) + " " + (Thumbprint ?? Value);
        }
    }

    public sealed partial class PublishedCertificate
    {
        /// <summary>Its thumbprint and its last day.</summary>
        public override string ToString()
        {
            return Thumbprint + ", valid until " + UtcDate.Day(NotAfter);
        }
    }

    public sealed partial class PublishedValue
    {
        /// <summary>Its attribute, and its certificate where that is known.</summary>
        public override string ToString()
        {
            return Certificate == null ? Attribute + " value " + Value : Attribute + " " + Certificate;
        }
    }

    public sealed partial class Finding
    {
        /// <summary>Severity, rule and sentence.</summary>
        public override string ToString()
        {
            return Severity + " " + Rule + ": " + ShownText.Printable(Message);
        }
    }

    public sealed partial class ExclusionCount
    {
        /// <summary>The reason, and for how many.</summary>
        public override string ToString()
        {
            return string.Format(CultureInfo.InvariantCulture, "{0} ({1})", Reason, Recipients);
        }
    }

    public sealed partial class MissingIssuer
    {
        /// <summary>Its name, and for how many certificates it is needed.</summary>
        public override string ToString()
        {
            return string.Format(CultureInfo.InvariantCulture, "{0} ({1})", ShownText.Printable(Issuer), Certificates);
        }
    }

    public sealed partial class TrustStoreCertificate
    {
        /// <summary>Its subject and its last day.</summary>
        public override string ToString()
        {
            return ShownText.Printable(Subject) + ", valid until " + UtcDate.Day(NotAfter);
        }
    }

    public sealed partial class ProfileTest
    {
        /// <summary>Result, check and sentence.</summary>
        public override string ToString()
        {
            return Result + " " + Check + ": " + ShownText.Printable(Message);
        }
    }

    public sealed partial class Rule
    {
        /// <summary>The rule's id.</summary>
        public override string ToString()
        {
            return base.Rule;
        }
    }
}
