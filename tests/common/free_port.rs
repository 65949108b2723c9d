//! Ports for servers that a test starts.

use std::{
    net::{Ipv4Addr, TcpStream},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// The first port, and how many follow: below those that systems give to outgoing connections, so that a
/// client that looks for a dead server never takes its port.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A TCP port of this machine on which nobody listens.
///
/// Not even for a moment is it opened here: a process that another thread is starting would keep it
/// open until it runs its program.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at the same time begin apart.
    let begin = process::id().wrapping_mul(97) % u32::from(COUNT);
    loop {
        let taken = TAKEN.fetch_add(1, Ordering::Relaxed);
        let offset = (begin + u32::from(taken)) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).expect("the count is 16 bits wide");
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            return port;
        }
    }
}
