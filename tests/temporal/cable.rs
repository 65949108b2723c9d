//! A way to a server that can be cut, while the server goes on.

use tokio::sync::watch;

use super::harness::Server;

/// A way to a server that can be cut.
pub struct Cable {
    pub port: u16,
    open: watch::Sender<bool>,
}

impl Cable {
    /// Lays a cable to a server.
    pub async fn lay(server: &Server) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, is_open) = watch::channel(true);
        let to = server.port;
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut is_open = is_open.clone();
                tokio::spawn(async move {
                    if !*is_open.borrow_and_update() {
                        return;
                    }
                    let mut far = tokio::net::TcpStream::connect(("127.0.0.1", to))
                        .await
                        .unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = is_open.changed() => {}
                    }
                });
            }
        });
        Self { port, open }
    }

    /// Cuts it.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Mends it.
    pub fn mend(&self) {
        self.open.send_replace(true);
    }
}
