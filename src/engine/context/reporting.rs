//! What a workflow reports: status, tags, published state, annotations, log lines.

use serde::Serialize;

use super::Context;
use crate::engine::{Failure, command::Command};

/// The maximum size of a custom status in bytes: it is part of every summary.
const MAX_STATUS: u64 = 64 << 10;

/// The maximum length of a tag name or value in bytes.
const MAX_TAG: usize = 1_024;

impl Context {
    /// Sets the custom status. The next run keeps it until it sets its own. At most 64 KiB.
    pub fn set_status<T: Serialize + ?Sized>(&self, status: &T) -> Result<(), Failure> {
        let most = self.state().borrow().limits.payload.min(MAX_STATUS);
        let status = self.encode_within(status, "custom status", most)?;
        self.push(Command::SetStatus(status));
        Ok(())
    }

    /// Sets a search tag. Names and values are truncated to 1,024 bytes.
    pub fn set_tag(&self, name: impl Into<String>, value: impl Into<String>) {
        let (mut name, mut value) = (name.into(), value.into());
        name.truncate(name.floor_char_boundary(MAX_TAG));
        value.truncate(value.floor_char_boundary(MAX_TAG));
        self.push(Command::SetTag { name, value });
    }

    /// Publishes a value under a name for [`Engine::query`](crate::engine::Engine::query): state of
    /// a running workflow that callers can read at any time. It is not part of the history; a
    /// replay publishes it again.
    ///
    /// ```
    /// # use fermata::engine::{Context, Failure};
    /// async fn tour(ctx: Context, cities: Vec<String>) -> Result<(), Failure> {
    ///     for (n, city) in cities.iter().enumerate() {
    ///         ctx.publish("where", city)?;
    ///         ctx.publish("left", &(cities.len() - n - 1))?;
    ///         ctx.wait_event::<()>("next city").await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn publish<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> Result<(), Failure> {
        let value = self.encode(value, "published value")?;
        let published = &mut self.state().borrow_mut().published;
        published.insert(name.to_owned(), value);
        Ok(())
    }

    /// Writes a log line: subscribers receive it once, with the commit that it belongs to. Nothing
    /// is written during replay.
    ///
    /// ```
    /// # use fermata::engine::{Context, Failure};
    /// async fn order(ctx: Context, cents: u32) -> Result<(), Failure> {
    ///     ctx.log(format!("{cents} cents to be charged"));
    ///     ctx.wait_event("paid").await
    /// }
    /// ```
    pub fn log(&self, line: impl Into<String>) {
        let mut state = self.state().borrow_mut();
        if !state.replaying {
            state.log.push(line.into());
        }
    }

    /// Sends subscribers a value that is not part of the history. It is published with the next
    /// commit and not during replay.
    pub fn annotate<T: Serialize + ?Sized>(&self, note: &T) -> Result<(), Failure> {
        let note = self.encode(note, "annotation")?;
        self.state().borrow_mut().annotations.push(note);
        Ok(())
    }
}
