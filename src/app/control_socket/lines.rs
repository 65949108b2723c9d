//! Lines of a connection, with a limit of bytes and a deadline.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// Reads lines until a deadline.
pub(super) struct Lines {
    stream: UnixStream,
    buffer: Vec<u8>,
    /// Bytes at the start of the buffer that were returned already.
    used: usize,
    max: usize,
}

impl Lines {
    pub fn new(stream: UnixStream, max: usize) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            used: 0,
            max,
        }
    }

    /// The next line without its end; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// `TimedOut` after the deadline, however many bytes have come; `InvalidData` for a longer line.
    pub fn next(&mut self, deadline: Instant) -> io::Result<Option<&[u8]>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let mut searched = 0;
        loop {
            let fresh = self.buffer.get(searched..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n') {
                let end = searched + end;
                self.used = end + 1;
                return Ok(self.buffer.get(..end));
            }
            searched = self.buffer.len();
            if searched > self.max {
                let what = format!("a line is longer than {} bytes", self.max);
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            if !self.fill(deadline)? {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }

    /// Reads more; false at the end of the stream.
    fn fill(&mut self, deadline: Instant) -> io::Result<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut chunk = [0; 16 << 10];
        match self.stream.read(&mut chunk) {
            Ok(0) => Ok(false),
            Ok(read) => {
                self.buffer.extend_from_slice(&chunk[..read]);
                Ok(true)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => Ok(true),
                io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
                _ => Err(error),
            },
        }
    }
}

/// Writes a line. A reader that takes nothing for `patience` is given up.
pub(super) fn write_line(
    stream: &mut UnixStream,
    line: &impl serde::Serialize,
    patience: Duration,
) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(300)
    }

    /// For what is there already, however busy the machine is.
    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn lines_are_read_up_to_a_limit_and_a_deadline() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut lines = Lines::new(theirs, 10);
        ours.write_all(b"one\ntwo\nthr").unwrap();
        assert_eq!(lines.next(later()).unwrap(), Some(&b"one"[..]));
        assert_eq!(lines.next(later()).unwrap(), Some(&b"two"[..]));
        let late = lines.next(soon()).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        ours.write_all(b"ee and much more").unwrap();
        let long = lines.next(later()).unwrap_err();
        assert_eq!(long.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn bytes_that_trickle_in_do_not_extend_the_deadline() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let trickle = std::thread::spawn(move || {
            while ours.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let begun = Instant::now();
        let mut lines = Lines::new(theirs, 1 << 20);
        assert!(lines.next(soon()).is_err());
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(lines);
        trickle.join().unwrap();
    }

    #[test]
    fn the_end_of_the_stream_is_not_an_error_between_lines() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut lines = Lines::new(theirs, 10);
        ours.write_all(b"one\n").unwrap();
        drop(ours);
        assert_eq!(lines.next(later()).unwrap(), Some(&b"one"[..]));
        assert_eq!(lines.next(later()).unwrap(), None);
    }
}
