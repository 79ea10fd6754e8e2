//! Microsoft's clouds: where Exchange Online and its sign-in are, and which hosts may see a bearer token.

use reqwest::Url;

use crate::{
    error::{Error, ErrorId, Result},
    profile::{self, ExchangeEnvironment, ExchangeOnlineSettings},
};

/// The id of Exchange Online as a resource in every tenant; the audience of some of its tokens.
const APPLICATION_ID: &str = "00000002-0000-0ff1-ce00-000000000000";

/// What differs between the clouds.
struct Endpoints {
    /// The host of the service.
    service: &'static str,
    /// The host of the sign-in.
    authority: &'static str,
    /// Hosts of Exchange Online: these and all below them.
    hosts: &'static [&'static str],
}

/// Services: <https://learn.microsoft.com/exchange/reference/admin-api-endpoints-reference>; for 21Vianet the
/// address that `Connect-ExchangeOnline -ConnectionUri` documents, which its tokens are for, too; the other is
/// among the hosts. Sign-in: <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.
/// Hosts: <https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges>, rows of Exchange Online.
fn endpoints(environment: ExchangeEnvironment) -> Endpoints {
    match environment {
        ExchangeEnvironment::O365Default => Endpoints {
            service: "outlook.office365.com",
            authority: "login.microsoftonline.com",
            hosts: &["office365.com", "outlook.office.com", "outlook.cloud.microsoft", "outlook.com"],
        },
        ExchangeEnvironment::O365USGovGCCHigh => Endpoints {
            service: "outlook.office365.us",
            authority: "login.microsoftonline.us",
            hosts: &["office365.us"],
        },
        ExchangeEnvironment::O365USGovDoD => Endpoints {
            service: "outlook-dod.office365.us",
            authority: "login.microsoftonline.us",
            hosts: &["office365.us", "webmail.apps.mil"],
        },
        ExchangeEnvironment::O365China => Endpoints {
            service: "partner.outlook.cn",
            authority: "login.partner.microsoftonline.cn",
            hosts: &["partner.outlook.cn", "office365.cn"],
        },
    }
}

/// Where a profile's Exchange Online is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    service: Url,
    authority: Url,
    resource: String,
    hosts: &'static [&'static str],
}

impl Cloud {
    /// The cloud of an organisation, with the addresses that the settings give themselves.
    ///
    /// Of those only scheme, host and port count, since the addresses that `Connect-ExchangeOnline` documents end in
    /// paths of other interfaces (`/powershell-liveid`, `/common`).
    ///
    /// Fails with `ProfileInvalid` for an address that is no `https` URL.
    pub fn of(settings: &ExchangeOnlineSettings) -> Result<Self> {
        let endpoints = endpoints(settings.exchange_environment_name);
        let address = |setting, given: &Option<String>, host| match given {
            Some(given) => origin(setting, given),
            None => origin(setting, &format!("https://{host}")),
        };
        Ok(Self {
            service: address("-ConnectionUri", &settings.connection_uri, endpoints.service)?,
            authority: address(
                "-AzureADAuthorizationEndpointUri",
                &settings.azure_ad_authorization_endpoint_uri,
                endpoints.authority,
            )?,
            resource: format!("https://{}", endpoints.service),
            hosts: endpoints.hosts,
        })
    }

    /// The address of the service, with `/` as its path.
    pub fn service(&self) -> &Url {
        &self.service
    }

    /// What managed identities are asked a token for.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// What Entra is asked a token for: everything that was granted to the application.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.resource)
    }

    /// Where Entra gives out tokens for a tenant
    /// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).
    /// Fails with `ProfileInvalid` for what is neither a domain nor an id.
    pub fn token_endpoint(&self, tenant: &str) -> Result<Url> {
        let named = !tenant.is_empty()
            && !tenant.starts_with('.')
            && tenant.len() <= 253
            && tenant.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        if !named {
            let message = format!("-Organization '{tenant}' is neither a tenant's domain nor its id.");
            return Err(Error::new(ErrorId::ProfileInvalid, message).target(tenant));
        }
        let mut url = self.authority.clone();
        url.set_path(&format!("/{tenant}/oauth2/v2.0/token"));
        Ok(url)
    }

    /// Whether a bearer token may be sent there: over TLS, to a host of this cloud or the one that the profile names.
    pub fn allows_bearer(&self, url: &Url) -> bool {
        let Some(host) = url.host_str().filter(|_| url.scheme() == "https") else { return false };
        let host = host.trim_end_matches('.');
        self.service.host_str() == Some(host) || self.hosts.iter().any(|known| is_within(host, known))
    }

    /// Whether a token with this audience (`aud`) is one for Exchange Online in this cloud.
    pub fn accepts_audience(&self, audience: &str) -> bool {
        // An audience may end with where it was granted: `id/host@tenant`.
        let audience = audience.split('@').next().unwrap_or_default();
        let id = audience.split('/').next().unwrap_or_default();
        id.eq_ignore_ascii_case(APPLICATION_ID)
            || Url::parse(audience).is_ok_and(|url| self.allows_bearer(&url))
    }
}

/// Whether `host` is `known` or below it.
fn is_within(host: &str, known: &str) -> bool {
    host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// [`profile::origin`] of a setting.
fn origin(setting: &str, given: &str) -> Result<Url> {
    profile::origin(given).map_err(|what| Error::new(ErrorId::ProfileInvalid, format!("{setting} {what}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(exchange_environment_name: ExchangeEnvironment) -> ExchangeOnlineSettings {
        ExchangeOnlineSettings { exchange_environment_name, ..ExchangeOnlineSettings::new("contoso.test") }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn each_cloud_has_its_own_service_sign_in_and_scope() {
        use ExchangeEnvironment::*;
        for (environment, service, token, scope) in [
            (
                O365Default,
                "https://outlook.office365.com/",
                "https://login.microsoftonline.com/contoso.test/oauth2/v2.0/token",
                "https://outlook.office365.com/.default",
            ),
            (
                O365USGovGCCHigh,
                "https://outlook.office365.us/",
                "https://login.microsoftonline.us/contoso.test/oauth2/v2.0/token",
                "https://outlook.office365.us/.default",
            ),
            (
                O365USGovDoD,
                "https://outlook-dod.office365.us/",
                "https://login.microsoftonline.us/contoso.test/oauth2/v2.0/token",
                "https://outlook-dod.office365.us/.default",
            ),
            (
                O365China,
                "https://partner.outlook.cn/",
                "https://login.partner.microsoftonline.cn/contoso.test/oauth2/v2.0/token",
                "https://partner.outlook.cn/.default",
            ),
        ] {
            let cloud = Cloud::of(&settings(environment)).unwrap();
            assert_eq!(cloud.service().as_str(), service);
            assert_eq!(cloud.token_endpoint("contoso.test").unwrap().as_str(), token);
            assert_eq!(cloud.scope(), scope);
            assert!(cloud.allows_bearer(cloud.service()), "{environment:?}");
            assert!(cloud.accepts_audience(cloud.resource()), "{environment:?}");
        }
    }

    #[test]
    fn a_bearer_goes_only_to_hosts_of_its_own_cloud_and_only_over_tls() {
        use ExchangeEnvironment::*;
        for (environment, target, allowed) in [
            (O365Default, "https://outlook.office365.com/adminapi", true),
            (O365Default, "https://OUTLOOK.office365.com./adminapi", true),
            (O365Default, "https://eur01.outlook.office365.com/", true),
            (O365Default, "https://outlook.cloud.microsoft/", true),
            (O365Default, "http://outlook.office365.com/", false),
            (O365Default, "https://outlook.office365.com.evil.test/", false),
            (O365Default, "https://eviloffice365.com/", false),
            (O365Default, "https://evil.test/outlook.office365.com", false),
            (O365Default, "https://outlook.office365.com@evil.test/", false),
            (O365Default, "https://outlook.office365.us/", false),
            (O365Default, "https://contoso.cloud.microsoft/", false),
            (O365Default, "https://login.microsoftonline.com/", false),
            (O365USGovGCCHigh, "https://outlook.office365.com/", false),
            (O365USGovDoD, "https://webmail.apps.mil/", true),
            (O365USGovDoD, "https://apps.mil/", false),
            (O365China, "https://outlook.office365.cn/", true),
            (O365China, "https://outlook.cn/", false),
        ] {
            let cloud = Cloud::of(&settings(environment)).unwrap();
            assert_eq!(cloud.allows_bearer(&url(target)), allowed, "{environment:?} {target}");
        }
    }

    #[test]
    fn a_profile_gives_other_addresses_of_which_only_scheme_host_and_port_count() {
        let mut own = settings(ExchangeEnvironment::O365Default);
        own.connection_uri = Some("https://mail.contoso.test:8443/powershell-liveid/?a=b#c".into());
        own.azure_ad_authorization_endpoint_uri = Some("https://login.contoso.test/common".into());
        let cloud = Cloud::of(&own).unwrap();
        assert_eq!(cloud.service().as_str(), "https://mail.contoso.test:8443/");
        assert_eq!(
            cloud.token_endpoint("contoso.test").unwrap().as_str(),
            "https://login.contoso.test/contoso.test/oauth2/v2.0/token"
        );
        assert_eq!(cloud.scope(), "https://outlook.office365.com/.default");
        for (target, allowed) in [
            ("https://mail.contoso.test:8443/adminapi", true),
            ("https://outlook.office365.com/", true),
            ("https://sub.mail.contoso.test/", false),
            ("https://login.contoso.test/", false),
        ] {
            assert_eq!(cloud.allows_bearer(&url(target)), allowed, "{target}");
        }
    }

    #[test]
    fn addresses_that_are_no_https_are_refused_and_passwords_in_them_not_shown() {
        for (given, reason) in [
            ("http://mail.contoso.test", "does not begin with 'https://'"),
            ("mail.contoso.test", "is no address"),
            ("file:///etc/passwd", "does not begin with 'https://'"),
            ("https://admin:secret-4711@mail.contoso.test", "names a user"),
        ] {
            let mut own = settings(ExchangeEnvironment::O365Default);
            own.connection_uri = Some(given.into());
            let error = Cloud::of(&own).unwrap_err();
            assert_eq!(error.id, ErrorId::ProfileInvalid);
            assert!(error.message.contains(reason) && error.message.contains("-ConnectionUri"), "{error}");
            assert!(!error.message.contains("secret-4711"), "{error}");
        }
    }

    #[test]
    fn the_page_s_table_of_hosts_has_those_of_each_cloud() {
        use strum::VariantNames as _;
        let page = include_str!("../../docs/exchange-online.md");
        for name in ExchangeEnvironment::VARIANTS {
            let environment = serde_json::from_value(serde_json::json!(name)).unwrap();
            let row = page.lines().find(|line| line.starts_with(&format!("| `{name}`"))).unwrap();
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let known = endpoints(environment);
            assert_eq!(
                cells[2..4],
                [format!("`{}`", known.authority), format!("`{}`", known.service)],
                "{name}"
            );
            for host in known.hosts {
                assert!(cells[4].contains(&format!("`*.{host}`")), "{name}: {host}");
            }
        }
    }

    #[test]
    fn a_tenant_is_a_domain_or_an_id() {
        let cloud = Cloud::of(&settings(ExchangeEnvironment::O365Default)).unwrap();
        assert!(cloud.token_endpoint("6f9619ff-8b86-d011-b42d-00c04fc964ff").is_ok());
        for tenant in ["", ".", "..", "a/b", "a?b", "contoso test", "contoso#", "ö.test", &"a".repeat(254)] {
            let error = cloud.token_endpoint(tenant).unwrap_err();
            assert_eq!(error.id, ErrorId::ProfileInvalid, "{tenant}");
        }
    }

    #[test]
    fn the_audience_of_a_token_tells_whether_it_is_for_exchange_online() {
        let cloud = Cloud::of(&settings(ExchangeEnvironment::O365Default)).unwrap();
        for (audience, accepted) in [
            ("https://outlook.office365.com", true),
            ("https://outlook.office365.com/", true),
            ("https://outlook.office.com", true),
            ("00000002-0000-0ff1-ce00-000000000000", true),
            ("00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@contoso.test", true),
            ("https://graph.microsoft.com", false),
            ("https://outlook.office365.us", false),
            ("00000003-0000-0000-c000-000000000000", false),
            ("", false),
        ] {
            assert_eq!(cloud.accepts_audience(audience), accepted, "{audience}");
        }
    }
}
