//! The cmdlets that read.

use super::{
    directory::{Kind, Recipient},
    failure::Failure,
    filter::Filter,
    object::{Command, Object, Output, Page, Parameter, Place, Property},
    settings::ResultSizeNumber,
    world::World,
};

/// Without ResultSize, a cmdlet shows so many and warns (docs/design/exchange-online.md §1.6, "Paging").
const DEFAULT_RESULT_SIZE: usize = 1000;

const TRUNCATED: &str = "By default, only the first 1000 items are returned. Use the ResultSize parameter to \
    specify the number of items returned. To return all items, specify \"-ResultSize Unlimited\". Be aware that, \
    depending on the actual number of items, returning all items can take a long time and consume a large amount \
    of memory.";
const MORE: &str = "There are more results available than are currently displayed. To view them, increase the \
    value for the ResultSize parameter.";

const PROXY_ADDRESSES: &str = "Microsoft.Exchange.Data.ProxyAddressCollection";

/// Whether a cmdlet shows a recipient of that kind.
fn shows(cmdlet: &str, kind: Kind) -> bool {
    match cmdlet {
        "Get-Mailbox" => kind.is_mailbox(),
        "Get-MailUser" => kind == Kind::MailUser,
        "Get-MailContact" => kind == Kind::MailContact,
        "Get-RemoteMailbox" => kind.is_remote_mailbox(),
        _ => true,
    }
}

/// Get-Mailbox, Get-MailUser, Get-MailContact, Get-RemoteMailbox and Get-Recipient.
pub fn recipients(world: &mut World, cmdlet: &str, command: &Command, page: Page) -> Result<Output, Failure> {
    let now = world.now();
    if let Some(identity) = command.text("Identity") {
        let soft_deleted = command.flag("SoftDeletedMailbox") == Some(true);
        let found = find(world, cmdlet, identity, soft_deleted)?;
        return Ok(Output {
            objects: object(world, cmdlet, found, now).into_iter().collect(),
            ..Output::default()
        });
    }
    let (most, warning) = most(world, command);
    let size = page.size.min(most.saturating_sub(page.from.shown));
    // One more tells whether there are more.
    let found = filtered(world, cmdlet, command, page.from.position, size.saturating_add(1))?;
    let mut output = Output::default();
    let shown = page.from.shown + size.min(found.len());
    if let Some(position) = found.get(size) {
        match shown < most {
            true => output.next = Some(Place { position: *position, shown }),
            false => output.warnings.extend(warning.map(str::to_owned)),
        }
    }
    let here = page.from.shown..shown;
    output.trouble = world.settings.pages.iter_mut().find_map(|trouble| {
        let concerns = trouble.cmdlet.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(cmdlet));
        let left = trouble.times != Some(0);
        (concerns && left && here.contains(&trouble.object) && page.size > trouble.above).then(|| {
            trouble.times = trouble.times.map(|times| times - 1);
            trouble.clone()
        })
    });
    let objects = found.iter().take(size);
    output.objects = objects.filter_map(|position| object(world, cmdlet, *position, now)).collect();
    Ok(output)
}

/// How many objects are shown at most, and the warning where there are more. A number may be ignored
/// (docs/design/exchange-online.md §1.6, "Paging").
fn most(world: &World, command: &Command) -> (usize, Option<&'static str>) {
    let size = match command.get("ResultSize") {
        Some(Parameter::Number(number)) => usize::try_from(*number).ok(),
        Some(Parameter::Text(text)) => text.parse().ok(),
        _ => None,
    };
    match (size, world.settings.result_size_number) {
        (Some(size), ResultSizeNumber::Obeyed) => (size, Some(MORE)),
        (Some(_), ResultSizeNumber::Ignored) => (usize::MAX, None),
        (None, _) if command.get("ResultSize").is_some() => (usize::MAX, None),
        (None, _) => (DEFAULT_RESULT_SIZE, Some(TRUNCATED)),
    }
}

/// So many at most, from a place in the directory on.
fn filtered(
    world: &World,
    cmdlet: &str,
    command: &Command,
    from: usize,
    most: usize,
) -> Result<Vec<usize>, Failure> {
    let filter = command.text("Filter").map(|text| Filter::parse(text, world.settings.certificate_filter));
    let filter = filter.transpose()?;
    let soft_deleted = command.flag("SoftDeletedMailbox") == Some(true);
    let kinds: Option<Vec<String>> = command
        .text("RecipientTypeDetails")
        .map(|text| text.split(',').map(|kind| kind.trim().to_ascii_lowercase()).collect());
    let now = world.now();
    let matches = |position: &usize, recipient: &Recipient| {
        shows(cmdlet, recipient.recipient_type_details)
            && recipient.when_soft_deleted.is_some() == soft_deleted
            && world.directory.is_visible(*position, now)
            && kinds.as_ref().is_none_or(|kinds| {
                kinds.contains(&recipient.recipient_type_details.name().to_ascii_lowercase())
            })
            && filter.as_ref().is_none_or(|filter| filter.matches(recipient))
    };
    let keep = |position: &usize| world.directory.get(*position).is_some_and(|one| matches(position, one));
    // The index finds addresses; a walk over all would be slow.
    if let Some(addresses) = filter.as_ref().and_then(Filter::addresses) {
        let mut all: Vec<usize> =
            addresses.iter().flat_map(|address| world.directory.find(address)).copied().collect();
        all.sort_unstable();
        all.dedup();
        return Ok(all.into_iter().filter(|position| *position >= from).filter(keep).take(most).collect());
    }
    Ok((from..world.directory.len()).filter(keep).take(most).collect())
}

/// The one recipient that an identity names, among those that the cmdlet sees.
pub fn find(world: &World, cmdlet: &str, identity: &str, soft_deleted: bool) -> Result<usize, Failure> {
    let now = world.now();
    let is_read = cmdlet.starts_with("Get-");
    let seen = world.directory.find(identity).iter().copied().filter(|position| {
        world.directory.get(*position).is_some_and(|recipient| {
            shows(&cmdlet.replacen("Set-", "Get-", 1), recipient.recipient_type_details)
                && recipient.when_soft_deleted.is_some() == soft_deleted
                && (!is_read || world.directory.is_visible(*position, now))
        })
    });
    match seen.collect::<Vec<_>>().as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::new(
            404,
            "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
            "NotSpecified",
            format!(
                "The operation couldn't be performed because object '{identity}' couldn't be found on \
                 'AM0PR01A01DC001.EURPR01A001.PROD.OUTLOOK.COM'."
            ),
        )),
        _ => Err(Failure::new(
            400,
            "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException",
            "InvalidData",
            format!("The operation couldn't be performed because '{identity}' matches multiple entries."),
        )),
    }
}

/// The object of a recipient. Get-Recipient does not show certificates (docs/design/exchange-online.md §2.2, open).
pub fn object(world: &World, cmdlet: &str, position: usize, now: f64) -> Option<Object> {
    let recipient = world.directory.get(position)?;
    let (user_certificate, smime) = world.directory.shown(position, now)?;
    let optional = |text: &Option<String>| text.clone().map_or(Property::Null, Property::Text);
    let text = |text: &str| Property::Text(text.to_owned());
    let mut properties = vec![
        ("Guid", Property::Guid(recipient.guid.clone())),
        ("ExternalDirectoryObjectId", text(&recipient.external_directory_object_id)),
        ("Identity", text(&recipient.name)),
        ("DistinguishedName", text(&recipient.distinguished_name())),
        ("Name", text(&recipient.name)),
        ("DisplayName", text(&recipient.display_name)),
        ("Alias", text(&recipient.alias)),
        ("PrimarySmtpAddress", text(&recipient.primary_smtp_address)),
        ("EmailAddresses", Property::Texts(PROXY_ADDRESSES, recipient.email_addresses.clone())),
        ("WindowsEmailAddress", text(&recipient.primary_smtp_address)),
        ("UserPrincipalName", optional(&recipient.user_principal_name)),
        ("RecipientType", text(recipient.recipient_type_details.recipient_type())),
        ("RecipientTypeDetails", text(&recipient.recipient_type_details.name())),
        ("IsDirSynced", Property::Flag(recipient.is_dir_synced)),
        ("IsExchangeCloudManaged", Property::Flag(recipient.is_exchange_cloud_managed)),
        ("HiddenFromAddressListsEnabled", Property::Flag(recipient.hidden_from_address_lists_enabled)),
        ("ExternalEmailAddress", optional(&recipient.external_email_address)),
        ("WhenSoftDeleted", recipient.when_soft_deleted.clone().map_or(Property::Null, Property::Date)),
    ];
    if cmdlet != "Get-Recipient" {
        properties.push(("UserCertificate", Property::ByteList(user_certificate.to_vec())));
        properties.push(("UserSMimeCertificate", Property::ByteList(smime.to_vec())));
    }
    let type_name = match cmdlet {
        "Get-Mailbox" => "Microsoft.Exchange.Data.Directory.Management.Mailbox",
        "Get-MailUser" => "Microsoft.Exchange.Data.Directory.Management.MailUser",
        "Get-RemoteMailbox" => "Microsoft.Exchange.Data.Directory.Management.RemoteMailbox",
        "Get-MailContact" | "New-MailContact" => "Microsoft.Exchange.Data.Directory.Management.MailContact",
        _ => "Microsoft.Exchange.Data.Directory.Management.ReducedRecipient",
    };
    Some(Object { type_name, text: recipient.name.clone(), properties })
}

/// Get-OrganizationConfig.
pub fn organization(world: &World) -> Output {
    let name = world
        .application
        .as_ref()
        .and_then(|application| application.domains.first().or(Some(&application.tenant_id)).cloned());
    let name = name.unwrap_or_else(|| "contoso.onmicrosoft.com".into());
    let properties = vec![
        ("Guid", Property::Text(world.settings.organization_guid.clone())),
        ("Name", Property::Text(name.clone())),
        ("Identity", Property::Text(name.clone())),
        ("IsDehydrated", Property::Flag(false)),
        ("IsLicensingEnforced", Property::Flag(true)),
    ];
    let type_name = "Microsoft.Exchange.Data.Directory.SystemConfiguration.ADOrganizationConfig";
    Output { objects: vec![Object { type_name, text: name, properties }], ..Output::default() }
}

/// Get-SmimeConfig, with the documented defaults (docs/design/exchange-online.md §3).
pub fn smime_config(world: &World) -> Output {
    let defaults = [
        ("SMIMECertificateIssuingCA", Property::Null),
        ("OWACRLConnectionTimeout", Property::Number(60_000)),
        ("OWACRLRetrievalTimeout", Property::Number(10_000)),
        ("OWADLExpansionTimeout", Property::Number(60_000)),
        ("OWAEncryptionAlgorithms", Property::Text("6610".into())),
        ("OWASigningAlgorithms", Property::Text("8004".into())),
        ("OWAUseSecondaryProxiesWhenFindingCertificates", Property::Flag(true)),
        ("OWAAlwaysEncrypt", Property::Flag(false)),
        ("OWAAlwaysSign", Property::Flag(false)),
        ("NoSignOnReply", Property::Flag(true)),
    ];
    let properties = defaults.into_iter().map(|(name, default)| {
        let value = match world.smime_config.get(&name.to_ascii_lowercase()) {
            Some(Parameter::Bytes(bytes)) => Property::Bytes(bytes.clone()),
            Some(Parameter::Text(text)) => Property::Text(text.clone()),
            Some(Parameter::Flag(flag)) => Property::Flag(*flag),
            Some(Parameter::Number(number)) => Property::Number(*number),
            Some(Parameter::Null) => Property::Null,
            _ => default,
        };
        (name, value)
    });
    let object = Object {
        type_name: "Microsoft.Exchange.Data.Directory.SystemConfiguration.SmimeConfigurationContainer",
        text: "Smime Configuration".into(),
        properties: [("Identity", Property::Text("Smime Configuration".into()))]
            .into_iter()
            .chain(properties)
            .collect(),
    };
    Output { objects: vec![object], ..Output::default() }
}
