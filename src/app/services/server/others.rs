//! Finds services that another program runs.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::connection::SERVER;

/// How long another program may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether services of Fermata answer at an address.
pub(super) fn are_at(address: SocketAddr) -> bool {
    head(address).is_some_and(|head| {
        let mut lines = head.lines();
        lines.any(|line| line.eq_ignore_ascii_case(&format!("server: {SERVER}")))
    })
}

/// The head of what is answered there, or its beginning.
fn head(address: SocketAddr) -> Option<String> {
    const MAX_HEAD: usize = 4096;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut read = Vec::new();
    let mut part = [0; 512];
    while read.len() < MAX_HEAD && !read.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(count) => read.extend_from_slice(part.get(..count)?),
        }
    }
    Some(String::from_utf8_lossy(&read).into_owned())
}
