//! Requests that a web page makes a browser send are refused.

use hyper::{HeaderMap, StatusCode, header};

use super::Answer;

/// Refuses what comes from a page of any site, or by a name that a site has given to 127.0.0.1.
pub(super) fn check_origin(headers: &HeaderMap, in_target: Option<&str>) -> Result<(), Answer> {
    if headers.contains_key(header::ORIGIN) {
        let message = "web pages may not use this port";
        return Err(Answer::error(StatusCode::FORBIDDEN, "ERR_ORIGIN", message));
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match in_target.or(host).is_some_and(is_own) {
        true => Ok(()),
        false => {
            let message = "this port is for this machine only: ask 127.0.0.1 or localhost";
            let status = StatusCode::MISDIRECTED_REQUEST;
            Err(Answer::error(status, "ERR_HOST", message))
        }
    }
}

/// Whether a host, with or without a port, is this machine.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "127.0.0.1" || name == "::1" || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        let each = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        each.collect()
    }

    #[test]
    fn pages_and_foreign_names_are_refused() {
        for host in ["localhost:3500", "127.0.0.1", "[::1]:3500", "LOCALHOST"] {
            let headers = headers(&[(header::HOST, host)]);
            assert_eq!(check_origin(&headers, None), Ok(()), "{host}");
        }
        for host in ["evil.example:3500", "127.0.0.1.evil.example", ""] {
            let headers = headers(&[(header::HOST, host)]);
            assert!(check_origin(&headers, None).is_err(), "{host}");
        }
        assert!(check_origin(&HeaderMap::new(), None).is_err());
        let page = headers(&[
            (header::HOST, "localhost"),
            (header::ORIGIN, "http://localhost:3500"),
        ]);
        assert!(check_origin(&page, None).is_err());
    }
}
