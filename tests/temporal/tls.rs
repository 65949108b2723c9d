//! A server that is reached over TLS, and asks for a certificate and a key.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use fermata::{
    backend::{BackendAddress, BackendError, attach},
    engine::Search,
};
use tempfile::TempDir;

use super::harness::{Pausing, Server, program};

/// Certificates of an authority of the tests.
pub struct Certificates(TempDir);

impl Certificates {
    pub fn make() -> Self {
        let made = Self(TempDir::new().unwrap());
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        made.openssl(&format!(
            "req -x509 {key} -keyout authority.key -out authority.pem -days 2 -subj /CN=tests"
        ));
        for name in ["server", "client"] {
            std::fs::write(
                made.0.path().join("names"),
                format!("subjectAltName=DNS:{name}.test\n"),
            )
            .unwrap();
            made.openssl(&format!(
                "req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"
            ));
            made.openssl(&format!(
                "x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
                 -days 2 -extfile names -out {name}.pem"
            ));
        }
        made
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {said}");
    }

    /// The variables with which a server is reached that asks for a certificate and a key.
    pub fn variables(&self) -> [(&'static str, String); 5] {
        [
            (
                "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
                self.path("authority.pem"),
            ),
            ("TEMPORAL_TLS_SERVER_NAME", "server.test".to_owned()),
            ("TEMPORAL_TLS_CLIENT_CERT_PATH", self.path("client.pem")),
            ("TEMPORAL_TLS_CLIENT_KEY_PATH", self.path("client.key")),
            ("TEMPORAL_API_KEY", "a-secret".to_owned()),
        ]
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

/// TLS in front of a server.
pub struct Proxy {
    child: Child,
    pub port: u16,
}

impl Proxy {
    pub fn start(server: &Server, certificates: &Certificates) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/temporal/tls_proxy.py");
        let mut child = Command::new(program("python"))
            .arg(script)
            .arg(certificates.0.path())
            .arg(server.port.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Self { child, port }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_server_is_reached_over_tls_with_a_certificate_of_ones_own() {
    let server = Server::start(Pausing::Enabled).await;
    let certificates = Certificates::make();
    let proxy = Proxy::start(&server, &certificates);
    let all = certificates.variables();
    let text = format!("temporals://127.0.0.1:{}/default", proxy.port);
    let address = |leave_out: &[&str]| {
        let variable = |name: &str| {
            let found = all.iter().filter(|(known, _)| !leave_out.contains(known));
            let mut found = found.filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| value.clone())
        };
        BackendAddress::with_environment(&text, variable).unwrap()
    };
    let backend = attach(&address(&[])).await.unwrap();
    let found = backend.search(&Search::default(), None, 10).await.unwrap();
    assert!(found.instances.is_empty());

    let own = [
        "TEMPORAL_TLS_CLIENT_CERT_PATH",
        "TEMPORAL_TLS_CLIENT_KEY_PATH",
    ];
    for missing in [&own[..], &["TEMPORAL_TLS_SERVER_NAME"]] {
        let error = attach(&address(missing)).await.err().unwrap();
        println!("{error}");
        assert!(matches!(error, BackendError::Unreachable { .. }), "{error}");
        assert!(!error.to_string().contains("a-secret"));
    }
    // Without the authority it is one that nobody knows, or there is none to compare it with.
    let unknown = attach(&address(&["TEMPORAL_TLS_SERVER_CA_CERT_PATH"])).await;
    println!("{}", unknown.err().unwrap());
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn what_cannot_be_attached_says_why() {
    let server = Server::start(Pausing::Enabled).await;
    let address = |text: String| BackendAddress::with_environment(&text, |_| None).unwrap();
    let none = address(format!("temporal://127.0.0.1:{}/nowhere", server.port));
    let none = attach(&none).await.err().unwrap().to_string();
    assert!(none.contains("has no namespace \"nowhere\""), "{none}");
    let port = server.port;
    drop(server);
    let away = attach(&address(format!("temporal://127.0.0.1:{port}"))).await;
    let away = away.err().unwrap().to_string();
    assert!(
        away.contains("temporal:default cannot be reached"),
        "{away}"
    );
    println!("{away}");
}
