//! Where a server is, and how it is reached: `temporal://HOST:PORT/NAMESPACE`, and the variables that
//! Temporal's own programs read.

use std::{fmt, path::PathBuf};

use super::super::{BackendError, BackendName};

/// The port of a Temporal server.
const PORT: u16 = 7233;

/// The address of a backend: `temporal://HOST:PORT/NAMESPACE`, or `temporals://…` for TLS. Port and
/// namespace may be left out: they are 7233 and `default`. `temporal:` alone is what the environment says.
///
/// The environment adds what an address cannot say, by the variables of Temporal's own programs:
///
/// | variable | meaning |
/// |---|---|
/// | `TEMPORAL_ADDRESS` | `HOST:PORT`, if the address names none |
/// | `TEMPORAL_NAMESPACE` | the namespace, if the address names none |
/// | `TEMPORAL_API_KEY` | a key, which is sent with each request; turns TLS on |
/// | `TEMPORAL_TLS` | `true` or `false`: whether TLS is used |
/// | `TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_KEY_PATH` | files with the own certificate and its key; turn TLS on |
/// | `TEMPORAL_TLS_SERVER_CA_CERT_PATH` | a file with the certificates that servers are checked against, in place of those of the system; turns TLS on |
/// | `TEMPORAL_TLS_SERVER_NAME` | the name that the server's certificate has; turns TLS on |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendAddress {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) namespace: String,
    pub(super) key: Option<ApiKey>,
    pub(super) tls: Option<Tls>,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// The own certificate, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Certificates that servers are checked against.
    pub authorities: Option<PathBuf>,
    /// The name in the server's certificate.
    pub server_name: Option<String>,
}

/// A key that must not be seen.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl BackendAddress {
    /// Reads an address, with the environment of the process.
    ///
    /// # Errors
    ///
    /// [`BackendError::Address`] says what is wrong and what is expected.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::with_environment(text, variable)
    }

    /// Reads an address. `variable` gives the value of a variable of the environment.
    ///
    /// # Errors
    ///
    /// [`BackendError::Address`] says what is wrong and what is expected.
    pub fn with_environment(
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BackendError> {
        let wrong = |reason: &str| BackendError::Address {
            address: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (encrypted, rest) = match text.trim().split_once(':') {
            Some(("temporal", rest)) => (false, rest),
            Some(("temporals", rest)) => (true, rest),
            _ => return Err(wrong(EXPECTED)),
        };
        let rest = match rest {
            "" => "",
            rest => rest.strip_prefix("//").ok_or_else(|| wrong(EXPECTED))?,
        };
        if rest.contains(['?', '#', '@']) || rest.contains(char::is_whitespace) {
            return Err(wrong(EXPECTED));
        }
        let (server, namespace) = rest.split_once('/').unwrap_or((rest, ""));
        let server = match server {
            "" => variable("TEMPORAL_ADDRESS").unwrap_or_else(|| "127.0.0.1".to_owned()),
            server => server.to_owned(),
        };
        let (host, port) = host_and_port(&server).ok_or_else(|| wrong(EXPECTED))?;
        let namespace = match namespace.trim_end_matches('/') {
            "" => variable("TEMPORAL_NAMESPACE").unwrap_or_else(|| "default".to_owned()),
            namespace => namespace.to_owned(),
        };
        if namespace.contains('/') || namespace.chars().any(char::is_control) {
            return Err(wrong(
                "a namespace has no slash: expected temporal://HOST:PORT/NAMESPACE",
            ));
        }
        let key = variable("TEMPORAL_API_KEY").map(ApiKey);
        let tls = tls(encrypted, key.is_some(), &variable).map_err(|reason| wrong(&reason))?;
        if key.is_some() && tls.is_none() && !is_loopback(&host) {
            return Err(wrong(
                "the key of TEMPORAL_API_KEY is only sent over TLS: write temporals://, or unset one of \
                 TEMPORAL_API_KEY and TEMPORAL_TLS",
            ));
        }
        Ok(Self {
            host,
            port,
            namespace,
            key,
            tls,
        })
    }

    /// The server as the target of a connection: `http://HOST:PORT`, or `https://HOST:PORT` with TLS.
    pub fn target(&self) -> String {
        let scheme = match self.tls {
            Some(_) => "https",
            None => "http",
        };
        let (open, close) = self.brackets();
        let Self { host, port, .. } = self;
        format!("{scheme}://{open}{host}{close}:{port}")
    }

    /// How the connection is encrypted, if it is.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The key that is sent with each request, if there is one. It must not be shown.
    pub fn api_key(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.0.as_str())
    }

    /// What stands around a host that is an address of IPv6.
    fn brackets(&self) -> (&'static str, &'static str) {
        match self.host.contains(':') {
            true => ("[", "]"),
            false => ("", ""),
        }
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the backend: `temporal:NAMESPACE`.
    pub fn name(&self) -> BackendName {
        BackendName::temporal(&self.namespace)
    }
}

/// What an address looks like.
const EXPECTED: &str = "expected temporal://HOST:PORT/NAMESPACE, or temporals:// for TLS";

impl fmt::Display for BackendAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.tls {
            Some(_) => "temporals",
            None => "temporal",
        };
        let (open, close) = self.brackets();
        let Self {
            host,
            port,
            namespace,
            ..
        } = self;
        write!(f, "{scheme}://{open}{host}{close}:{port}/{namespace}")
    }
}

impl std::str::FromStr for BackendAddress {
    type Err = BackendError;

    fn from_str(text: &str) -> Result<Self, BackendError> {
        Self::parse(text)
    }
}

/// `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
fn host_and_port(server: &str) -> Option<(String, u16)> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            match after {
                "" => (host, None),
                after => (host, Some(after.strip_prefix(':')?)),
            }
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    let port = match port {
        None => PORT,
        Some(port) => port.parse().ok().filter(|port| *port > 0)?,
    };
    let is_name = |c: char| c.is_alphanumeric() || "-._:".contains(c);
    (!host.is_empty() && host.chars().all(is_name)).then(|| (host.to_owned(), port))
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Whether and how the connection is encrypted.
fn tls(
    asked: bool,
    has_key: bool,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Tls>, String> {
    let path = |name: &str| variable(name).map(PathBuf::from);
    let certificate = path("TEMPORAL_TLS_CLIENT_CERT_PATH");
    let key = path("TEMPORAL_TLS_CLIENT_KEY_PATH");
    let identity = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            return Err(
                "TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH belong together: \
                 set both or neither"
                    .to_owned(),
            );
        }
    };
    let tls = Tls {
        identity,
        authorities: path("TEMPORAL_TLS_SERVER_CA_CERT_PATH"),
        server_name: variable("TEMPORAL_TLS_SERVER_NAME"),
    };
    let wanted = match variable("TEMPORAL_TLS").as_deref() {
        None => asked || has_key || tls != Tls::default(),
        Some("true" | "1") => true,
        Some("false" | "0") => asked,
        Some(other) => {
            return Err(format!("TEMPORAL_TLS is {other:?}: expected true or false"));
        }
    };
    Ok(wanted.then_some(tls))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str, variables: &[(&str, &str)]) -> Result<BackendAddress, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        BackendAddress::with_environment(text, variable).map_err(|error| error.to_string())
    }

    #[test]
    fn port_and_namespace_may_be_left_out() {
        for (text, expected) in [
            ("temporal://a.example:1/b", "temporal://a.example:1/b"),
            ("temporal://a.example", "temporal://a.example:7233/default"),
            ("temporal://[::1]:9/b.c/", "temporal://[::1]:9/b.c"),
            ("temporals://a", "temporals://a:7233/default"),
            ("temporal:", "temporal://127.0.0.1:7233/default"),
            ("temporal:///b", "temporal://127.0.0.1:7233/b"),
        ] {
            let read = address(text, &[]).unwrap();
            assert_eq!(read.to_string(), expected);
            assert_eq!(address(expected, &[]).unwrap(), read);
        }
        assert_eq!(
            address("temporal://a/b", &[]).unwrap().name().as_str(),
            "temporal:b"
        );
    }

    #[test]
    fn the_environment_adds_what_the_address_does_not_say() {
        let variables = [
            ("TEMPORAL_ADDRESS", "cloud:7"),
            ("TEMPORAL_NAMESPACE", "space"),
        ];
        let read = |text| address(text, &variables).unwrap().to_string();
        assert_eq!(read("temporal:"), "temporal://cloud:7/space");
        assert_eq!(read("temporal://a"), "temporal://a:7233/space");
        assert_eq!(read("temporal://a:1/b"), "temporal://a:1/b");
        for (name, value, encrypted) in [
            ("TEMPORAL_TLS", "true", true),
            ("TEMPORAL_TLS", "false", false),
            ("TEMPORAL_TLS_SERVER_NAME", "x", true),
            ("TEMPORAL_TLS_SERVER_CA_CERT_PATH", "x", true),
            ("TEMPORAL_API_KEY", "x", true),
        ] {
            let read = address("temporal://a", &[(name, value)]).unwrap();
            assert_eq!(read.tls.is_some(), encrypted, "{name}={value}");
        }
    }

    #[test]
    fn a_wrong_address_says_what_is_expected() {
        for text in [
            "",
            "order-7",
            "http://a",
            "temporal://a:b",
            "temporal://a:0",
            "temporal://a:99999",
            "temporal://user@a",
            "temporal://a/b?c",
            "temporal:a",
            "temporal://[x]:1",
            "temporal://a b",
            "temporal://a/b/c",
        ] {
            let error = address(text, &[]).unwrap_err();
            assert!(error.contains("temporal://HOST:PORT/NAMESPACE"), "{error}");
        }
        let half = [("TEMPORAL_TLS_CLIENT_CERT_PATH", "x")];
        let error = address("temporal://a", &half).unwrap_err();
        assert!(error.contains("TEMPORAL_TLS_CLIENT_KEY_PATH"), "{error}");
        let error = address("temporal://a", &[("TEMPORAL_TLS", "maybe")]).unwrap_err();
        assert!(error.contains("true or false"), "{error}");
    }

    #[test]
    fn a_key_is_sent_over_tls_only_and_never_shown() {
        let plain = [("TEMPORAL_API_KEY", "hush"), ("TEMPORAL_TLS", "false")];
        let error = address("temporal://a", &plain).unwrap_err();
        assert!(error.contains("TEMPORAL_API_KEY") && !error.contains("hush"));
        for text in ["temporal://127.0.0.1", "temporal://localhost"] {
            assert!(address(text, &plain).unwrap().tls.is_none());
        }
        let read = address("temporal://a", &plain[..1]).unwrap();
        assert!(read.tls.is_some() && !format!("{read:?} {read}").contains("hush"));
    }
}
