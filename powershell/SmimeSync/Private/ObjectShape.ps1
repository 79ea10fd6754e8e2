# What has to be done to the library's objects, by their type: which fields are dates, which are lists, and the
# type name of the objects in a list. Generated from the types of results in src/:
# SMIME_SYNC_BLESS=1 cargo test --test abi module
$script:ObjectShape = @{
    Certificate = @{
        Date = @('NotBefore', 'NotAfter')
        List = @('Addresses', 'KeyUsage', 'ExtendedKeyUsage', 'Findings', 'RecipientFindings')
        Item = @{
            Findings = 'SmimeSync.Finding'
            RecipientFindings = 'SmimeSync.Finding'
        }
    }
    Change = @{
        Date = @('NextTry', 'Time')
        List = @('Before', 'After', 'Reasons', 'Findings')
        Item = @{
            Before = 'SmimeSync.PublishedValue'
            After = 'SmimeSync.PublishedValue'
            Findings = 'SmimeSync.Finding'
        }
    }
    Difference = @{
        Date = @('NotBefore', 'NotAfter')
        List = @()
        Item = @{}
    }
    ExclusionCount = @{
        Date = @('AskedAgain')
        List = @()
        Item = @{}
    }
    Profile = @{
        Date = @()
        List = @('Server', 'SearchBase', 'ExcludedSearchBase', 'MemberOf', 'ServerCertificatePath', 'RemoveValue', 'TargetSearchBase', 'TargetServerCertificatePath', 'TrustAnchorPath')
        Item = @{}
    }
    PublishedCertificate = @{
        Date = @('NotBefore', 'NotAfter')
        List = @()
        Item = @{}
    }
    Run = @{
        Date = @('Started', 'Ended')
        List = @('Guard', 'HoldReasons', 'MissingIssuers', 'Exclusions')
        Item = @{
            MissingIssuers = 'SmimeSync.MissingIssuer'
            Exclusions = 'SmimeSync.ExclusionCount'
        }
    }
    TrustStore = @{
        Date = @()
        List = @('Certificate')
        Item = @{
            Certificate = 'SmimeSync.TrustStoreCertificate'
        }
    }
    TrustStoreCertificate = @{
        Date = @('NotAfter')
        List = @()
        Item = @{}
    }
}
