//! JACK servers without a sound card.
//!
//! A system has eight entries for servers. A server that was killed keeps its entry until one of the same
//! name starts: tests share a few names, and a machine never runs out of entries.

use std::{
    fs::File,
    io::Seek,
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How many servers may run at once.
const MAX_SERVERS: u32 = 4;

/// How long a server may take to end, also on a busy machine.
const END_TIMEOUT: Duration = Duration::from_secs(20);

/// A process that ends with the test.
pub struct Process(pub Child);

impl Process {
    /// Waits for its end, at most this long.
    pub fn end(&mut self, within: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < within {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status);
            }
            sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        // The shell's own `kill`: a minimal system has no other.
        let terminate = format!("kill {}", self.0.id());
        let _ = Command::new("sh").args(["-c", &terminate]).status();
        self.end(END_TIMEOUT);
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The name of a server, which no other test uses meanwhile.
pub struct ServerName {
    name: String,
    _reserved: File,
}

impl ServerName {
    /// Waits for a free name.
    pub fn reserve() -> Self {
        loop {
            let mut names = (0..MAX_SERVERS).map(|number| format!("fermata-test-{number}"));
            let reserved = names.find_map(|name| {
                let lock = std::env::temp_dir().join(format!("{name}.lock"));
                let reserved = File::options().append(true).create(true).open(lock).ok()?;
                reserved.try_lock().ok()?;
                Some((name, reserved))
            });
            if let Some((name, _reserved)) = reserved {
                return Self { name, _reserved };
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Starts the server; `None` if JACK is not installed.
    pub fn start(&self, sample_rate: u32) -> Option<Server> {
        let rate = sample_rate.to_string();
        let log = tempfile::tempfile().unwrap();
        let output = || Stdio::from(log.try_clone().unwrap());
        // The server waits for a client of a program that was killed as long as `-t` says, and lets no new one in
        // meanwhile.
        let jackd = Command::new("jackd")
            .args(["-n", &self.name, "-r", "-t", "200", "-d", "dummy"])
            .args(["-r", &rate, "-p", "256"])
            .stdout(output())
            .stderr(output())
            .spawn();
        let Ok(jackd) = jackd else {
            println!("skipped: jackd is not installed");
            return None;
        };
        let _process = Process(jackd);
        Some(Server { _process, log })
    }
}

/// A JACK server that ends with the test.
pub struct Server {
    _process: Process,
    log: File,
}

impl Server {
    /// Ends it; returns what it printed.
    pub fn into_log(mut self) -> String {
        drop(self._process);
        self.log.rewind().unwrap();
        std::io::read_to_string(self.log).unwrap()
    }
}
