//! The name of the service that a call goes to: faults are injected by it.

use std::{net::IpAddr, sync::Arc};

use url::{Host, Url};

use crate::score::http::CallTarget;

/// The name of the service: the host, or on this machine, where many services share it, the beginning of the path
/// (`payment` for `http://127.0.0.1:7070/payment/charges`). `None` if the address cannot be read, such as one with a
/// secret in it.
pub(in crate::conductor) fn service_of(target: &CallTarget) -> Option<Arc<str>> {
    let address = match target {
        CallTarget::Request(request) => &request.uri,
        CallTarget::Operation(operation) => &operation.document,
    };
    let url = Url::parse(address).ok()?;
    let host = url.host()?;
    let is_here = match &host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
    };
    let mut path = url.path_segments().into_iter().flatten();
    let first = path.next().filter(|first| is_here && !first.is_empty());
    Some(match (first, url.port()) {
        (Some(first), _) => first.into(),
        (None, Some(port)) => format!("{host}:{port}").into(),
        (None, None) => host.to_string().into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(target: serde_json::Value) -> Option<String> {
        let target: CallTarget = serde_json::from_value(target).unwrap();
        service_of(&target).map(|name| name.to_string())
    }

    fn request(uri: &str) -> Option<String> {
        named(json!({ "request": { "method": "get", "uri": uri } }))
    }

    #[test]
    fn a_service_has_the_name_of_its_host_or_here_of_its_path() {
        assert_eq!(
            request("https://api.example.com/pets?q=1").as_deref(),
            Some("api.example.com")
        );
        assert_eq!(
            request("https://api.example.com:8443/pets").as_deref(),
            Some("api.example.com:8443")
        );
        for here in ["127.0.0.1:7070", "localhost:7070", "[::1]:7070"] {
            let name = request(&format!("http://{here}/payment/charges"));
            assert_eq!(name.as_deref(), Some("payment"), "{here}");
        }
        assert_eq!(
            request("http://127.0.0.1:9000/").as_deref(),
            Some("127.0.0.1:9000")
        );
        assert_eq!(request("not an address"), None);
        let operation = json!({ "operation": {
            "document": "http://127.0.0.1:7070/stock/openapi.json",
            "operationId": "reserve",
        } });
        assert_eq!(named(operation).as_deref(), Some("stock"));
    }
}
