//! The cmdlets that change something.

use super::{
    cmdlets,
    directory::{Kind, Recipient},
    failure::Failure,
    object::{Command, Output, Page, Parameter},
    reads,
    settings::{ClearBy, DirSyncedRefusal, Validation},
    values,
    world::World,
};

const AD_USER: &str = "Microsoft.Exchange.Data.Directory.Recipient.ADUser";
/// docs/design/exchange-online.md §1.2.
pub const UNABLE_TO_WRITE: &str =
    "Microsoft.Exchange.Configuration.DualWrite.LocStrings.UnableToWriteToAadException";
pub const DUAL_WRITE: &str = "An Azure Active Directory call was made to keep object in sync between Azure Active \
    Directory and Exchange Online. However, it failed. Detailed error message:";
const DUAL_WRITE_SYNCED: &str = "Unable to update the specified properties for on-premises mastered Directory Sync \
    objects or objects currently undergoing migration.";
const AD_CONTACT: &str = "Microsoft.Exchange.Data.Directory.Recipient.ADContact";

/// Runs a command; the page concerns those that read.
pub fn run(world: &mut World, command: &Command, page: Page) -> Result<Output, Failure> {
    let definition = cmdlets::find(&command.cmdlet, world.settings.flavour)?;
    refuse_missing_parameter(world, definition.name, command)?;
    definition.bind(command)?;
    let mut output = match definition.name {
        "Get-OrganizationConfig" => reads::organization(world),
        "Get-SmimeConfig" => reads::smime_config(world),
        "Set-SmimeConfig" => set_smime_config(world, command)?,
        "New-MailContact" => new_contact(world, command)?,
        name if !definition.changes => reads::recipients(world, name, command, page)?,
        name => set_recipient(world, name, command)?,
    };
    if command.flag("Confirm") == Some(true) && world.settings.validation != Validation::Executed {
        // docs/design/exchange-online.md §1.6, "Validation call"; the text of a real one is not quoted there.
        let text = format!("Are you sure you want to perform this action?\n{} will be run.", definition.name);
        let confirmation = (world.settings.validation == Validation::Answered).then_some(text);
        output = Output { confirmation, ..Output::default() };
    }
    if world.settings.micro_delay_warnings {
        // docs/design/exchange-online.md §4, "EXO PowerShell"; the text of a real warning is not quoted there.
        output.warnings.push("Micro delay applied. Actual delay in milliseconds: 250.".into());
    }
    Ok(output)
}

/// docs/design/exchange-online.md §1.6, "Status": a role without the parameter leaves no parameter set.
fn refuse_missing_parameter(world: &World, cmdlet: &str, command: &Command) -> Result<(), Failure> {
    let missing = world.settings.missing_parameters.get(cmdlet).map_or(&[][..], Vec::as_slice);
    if !missing.iter().any(|name| command.get(name).is_some()) {
        return Ok(());
    }
    let text = "Parameter set cannot be resolved using the specified named parameters.".to_owned();
    Err(Failure::new(
        400,
        "System.Management.Automation.AmbiguousParameterSetException",
        "InvalidArgument",
        text,
    ))
}

/// Whether a command that is right changes nothing all the same.
fn is_dry(world: &World, command: &Command) -> bool {
    let asks = command.flag("Confirm") == Some(true) && world.settings.validation != Validation::Executed;
    asks || command.flag("WhatIf") == Some(true)
}

fn set_recipient(world: &mut World, cmdlet: &str, command: &Command) -> Result<Output, Failure> {
    let identity = command.text("Identity").unwrap_or_default();
    let position = reads::find(world, cmdlet, identity, false)?;
    let settings = ["Identity", "Confirm", "WhatIf", "Force", "ErrorAction", "WarningAction", "Verbose"];
    let names = command.parameters.iter().map(|(name, _)| name.as_str());
    let changed: Vec<&str> =
        names.filter(|name| !settings.iter().any(|setting| setting.eq_ignore_ascii_case(name))).collect();
    let Some(recipient) = world.directory.get(position) else { return Ok(Output::default()) };
    refuse_dir_synced(world, cmdlet, recipient, &changed)?;
    let user_certificate = list(world, command, "UserCertificate", &recipient.user_certificate)?;
    let smime = list(world, command, "UserSMimeCertificate", &recipient.user_smime_certificate)?;
    for value in user_certificate.iter().flatten() {
        values::check_certificate(value)?;
    }
    for value in smime.iter().flatten() {
        values::check_smime(value, world.settings.accept_certificate_as_smime)?;
    }
    let mut output = Output::default();
    let differs = |new: &Option<Vec<String>>, old: &[String]| new.as_ref().is_some_and(|new| new != old);
    let hidden = command.flag("HiddenFromAddressListsEnabled");
    let managed = command.flag("IsExchangeCloudManaged");
    let display_name = command.text("DisplayName").map(str::to_owned);
    if !differs(&user_certificate, &recipient.user_certificate)
        && !differs(&smime, &recipient.user_smime_certificate)
        && hidden.is_none()
        && managed.is_none()
        && display_name.is_none()
    {
        let name = recipient.distinguished_name();
        output.warnings.push(format!(
            "The command completed successfully but no settings of '{name}' have been modified."
        ));
        return Ok(output);
    }
    if is_dry(world, command) {
        return Ok(output);
    }
    let now = world.now();
    world.directory.change(position, now, now + world.settings.stale_seconds, |recipient| {
        recipient.user_certificate =
            user_certificate.unwrap_or(std::mem::take(&mut recipient.user_certificate));
        recipient.user_smime_certificate =
            smime.unwrap_or(std::mem::take(&mut recipient.user_smime_certificate));
        recipient.hidden_from_address_lists_enabled =
            hidden.unwrap_or(recipient.hidden_from_address_lists_enabled);
        recipient.is_exchange_cloud_managed = managed.unwrap_or(recipient.is_exchange_cloud_managed);
        recipient.display_name = display_name.unwrap_or(std::mem::take(&mut recipient.display_name));
    });
    Ok(output)
}

/// docs/design/exchange-online.md §1.2: refused unless the switch IsExchangeCloudManaged is on, or is what is being
/// set.
fn refuse_dir_synced(
    world: &World,
    cmdlet: &str,
    recipient: &Recipient,
    changed: &[&str],
) -> Result<(), Failure> {
    let refused = changed.iter().find(|name| !name.eq_ignore_ascii_case("IsExchangeCloudManaged"));
    let is_synced = recipient.is_dir_synced || recipient.synced_unseen;
    let Some(property) = refused.filter(|_| is_synced && !recipient.is_exchange_cloud_managed) else {
        return Ok(());
    };
    if world.settings.dir_synced_refusal == DirSyncedRefusal::DualWrite {
        // The words of microsoft/Partner-Center-PowerShell#409.
        return Err(Failure::new(
            400,
            UNABLE_TO_WRITE,
            "InvalidOperation",
            format!("{DUAL_WRITE} {DUAL_WRITE_SYNCED}"),
        ));
    }
    let name = &recipient.name;
    let what = if recipient.recipient_type_details.is_mailbox() { "mailbox" } else { "object" };
    let target = if recipient.recipient_type_details == Kind::MailContact { AD_CONTACT } else { AD_USER };
    Err(Failure::new(
        400,
        &world.settings.dir_synced_exception,
        "InvalidOperation",
        format!(
            "The operation on {what} \"{name}\" failed because it's out of the current user's write scope. The \
             action '{cmdlet}', '{property}', can't be performed on the object '{name}' because the object is \
             being synchronized from your on-premises organization. This action should be performed on the \
             object in your on-premises organization."
        ),
    )
    .about(target))
}

/// What a property is to have; None: what it has. docs/design/exchange-online.md §1.6, "Clear": an empty list and a
/// hashtable without entries change nothing, `null` and `remove` do as far as the settings say so. §4: an over-large
/// list is a LargeObject error.
fn list(
    world: &World,
    command: &Command,
    name: &str,
    own: &[String],
) -> Result<Option<Vec<String>>, Failure> {
    let clear_by = world.settings.clear_by;
    let list = match command.get(name) {
        Some(Parameter::Null) if clear_by == ClearBy::Null => Vec::new(),
        Some(Parameter::ByteList(list)) if !list.is_empty() => list.clone(),
        Some(Parameter::Change { add, remove }) => {
            let goes = |value: &&String| clear_by != ClearBy::Nothing && remove.contains(value);
            let mut list: Vec<String> = own.iter().filter(|value| !goes(value)).cloned().collect();
            list.extend(add.iter().filter(|value| !own.contains(value)).cloned());
            list
        }
        _ => return Ok(None),
    };
    if list.len() > world.settings.largest_list {
        return Err(Failure::new(
            400,
            "Microsoft.Exchange.Data.Directory.ADLargeObjectException",
            "LimitsExceeded",
            "The provisioned object is too large. Trim the number of attribute values on this object.".into(),
        ));
    }
    Ok(Some(list))
}

fn new_contact(world: &mut World, command: &Command) -> Result<Output, Failure> {
    let address = command.text("ExternalEmailAddress").unwrap_or_default();
    let bare = if address.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("smtp:")) {
        address.get(5..).unwrap_or_default()
    } else {
        address
    };
    if !matches!(bare.split_once('@'), Some((local, domain)) if !local.is_empty() && domain.contains('.')) {
        return Err(Failure::validation(format!("\"{bare}\" isn't a valid SMTP address.")));
    }
    let name = command.text("Name").unwrap_or_default();
    refuse_duplicate(world, bare, name)?;
    if is_dry(world, command) {
        return Ok(Output::default());
    }
    let recipient = Recipient {
        guid: uuid::Uuid::new_v4().to_string(),
        external_directory_object_id: uuid::Uuid::new_v4().to_string(),
        primary_smtp_address: bare.to_owned(),
        recipient_type_details: Kind::MailContact,
        name: name.to_owned(),
        display_name: command.text("DisplayName").unwrap_or_default().to_owned(),
        alias: command.text("Alias").unwrap_or_default().to_owned(),
        email_addresses: Vec::new(),
        user_principal_name: None,
        external_email_address: Some(format!("SMTP:{bare}")),
        is_dir_synced: false,
        synced_unseen: false,
        is_exchange_cloud_managed: false,
        hidden_from_address_lists_enabled: false,
        when_soft_deleted: None,
        user_certificate: Vec::new(),
        user_smime_certificate: Vec::new(),
    };
    let (now, position) = (world.now(), world.directory.len());
    world.directory.add(recipient, now + world.settings.stale_seconds);
    let objects = reads::object(world, "New-MailContact", position, now).into_iter().collect();
    Ok(Output { objects, ..Output::default() })
}

fn refuse_duplicate(world: &World, address: &str, name: &str) -> Result<(), Failure> {
    let owner = |key: &str| {
        let found = world.directory.find(key).iter().filter_map(|position| world.directory.get(*position));
        found.into_iter().find(|recipient| recipient.when_soft_deleted.is_none())
    };
    if let Some(owner) = owner(address) {
        return Err(Failure::new(
            400,
            "Microsoft.Exchange.Data.Directory.ProxyAddressExistsException",
            "NotSpecified",
            format!(
                "The proxy address \"SMTP:{address}\" is already being used by the proxy addresses or \
                 LegacyExchangeDN of \"{}\". Please choose another proxy address.",
                owner.name
            ),
        )
        .about(AD_CONTACT));
    }
    if owner(name).is_some_and(|owner| owner.name.eq_ignore_ascii_case(name)) {
        return Err(Failure::new(
            400,
            "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException",
            "NotSpecified",
            format!("The name \"{name}\" is already being used. Please try another name."),
        )
        .about(AD_CONTACT));
    }
    Ok(())
}

/// docs/design/exchange-online.md §3.
fn set_smime_config(world: &mut World, command: &Command) -> Result<Output, Failure> {
    if let Some(Parameter::Bytes(store)) = command.get("SMIMECertificateIssuingCA") {
        values::check_store(store, world.now(), world.settings.largest_trust_store)?;
    }
    if !is_dry(world, command) {
        for (name, value) in &command.parameters {
            world.smime_config.insert(name.to_ascii_lowercase(), value.clone());
        }
    }
    Ok(Output::default())
}
