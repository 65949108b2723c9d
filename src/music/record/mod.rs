//! Recording the performance as a Standard MIDI File.
//!
//! Positions come from beats, not from wall time: two performances of the same notes give the same
//! bytes, however late the messages were sent. The number of ticks per beat makes every position
//! exact, if a file can have so many; otherwise it is [`Recorder::TICKS`].
//!
//! The file grows in place, is valid at all times and lags by less than a second, so it survives
//! the process. Surviving a power failure is left to the system until the recording is finished,
//! which syncs the file: doing so every second would delay the commits of the store.

mod encode;
mod growing;
mod programs;
mod tempo_track;
#[cfg(test)]
mod tests;
mod track;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{
    Beat, Beats, Message, MusicError, Names, Nanos, PartId, Sent, Sink, SinkError, Transport,
    volume::AsController,
};
use growing::{Bytes, GrowingFile, finished};
use programs::FilePrograms;
use tempo_track::TempoTrack;
use track::{Grid, Track};

/// Records everything that parts play, as a file of format 1: a track with tempi and meters, then a
/// track for each part. The messages of a panic belong to no part and are left out.
///
/// The file starts at the bar line before the beat from which the transport rolls, or at which it is when the
/// recording begins.
pub struct Recorder {
    path: PathBuf,
    names: Names,
    title: String,
    /// The beat at the start of the file.
    origin: Option<Beat>,
    /// The latest transport.
    transport: Transport,
    /// The latest beat of anything recorded.
    latest: Beat,
    tempo_track: TempoTrack,
    tracks: Vec<Track>,
    programs: FilePrograms,
    /// Of each part.
    volumes: HashMap<PartId, AsController>,
    resolution: Resolution,
    file: Option<GrowingFile>,
    /// The transport has rolled: the start of the file is fixed.
    has_rolled: bool,
    /// The file must be rewritten: something changed before its end, or has no place in it yet.
    stale: bool,
    finished: bool,
}

/// The number of ticks per beat that makes all positions exact.
#[derive(Clone, Copy)]
enum Resolution {
    Exact(u64),
    /// More than a file can have.
    TooFine,
}

impl Recorder {
    /// Ticks per beat, or a multiple of it that makes every position exact.
    pub const TICKS: u16 = 960;

    /// Creates the file, replacing an existing one. The title is the name in the file.
    pub fn create(path: &Path, title: &str, names: Names) -> Result<Self, MusicError> {
        let mut recorder = Self {
            path: path.to_owned(),
            names,
            title: title.to_owned(),
            origin: None,
            transport: Transport::default(),
            latest: Beat::ZERO,
            tempo_track: TempoTrack::default(),
            tracks: Vec::new(),
            programs: FilePrograms::default(),
            volumes: HashMap::new(),
            resolution: Resolution::Exact(Self::TICKS.into()),
            file: None,
            has_rolled: false,
            stale: true,
            finished: false,
        };
        recorder.keep()?;
        tracing::info!(path = %path.display(), "recording started");
        Ok(recorder)
    }

    fn add(&mut self, part: PartId, beat: Beat, message: Message) {
        if let Some(program) = self.programs.before(message) {
            self.add_one(part, beat, program);
        }
        self.add_one(part, beat, message);
    }

    fn add_one(&mut self, part: PartId, beat: Beat, message: Message) {
        let beat = Beat(beat - self.origin.unwrap_or(Beat::ZERO));
        self.latest = self.latest.max(beat);
        let before = self.grid();
        self.resolution = self.resolution.with(beat);
        self.stale |= self.grid() != before;
        let place = self.tracks.iter().position(|track| track.part == part);
        let place = place.unwrap_or_else(|| {
            self.stale = true;
            self.tracks.push(Track::new(part));
            self.tracks.len() - 1
        });
        if let Some(track) = self.tracks.get_mut(place) {
            self.stale |= track.add(beat, message);
        }
    }

    fn grid(&self) -> Grid {
        match self.resolution {
            Resolution::Exact(ticks) => Grid(u16::try_from(ticks).unwrap_or(Self::TICKS)),
            Resolution::TooFine => Grid(Self::TICKS),
        }
    }

    /// Brings the file up to date.
    fn keep(&mut self) -> Result<(), MusicError> {
        let kept = if self.stale || !self.append_new()? {
            self.rewrite()
        } else {
            Ok(())
        };
        kept.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> MusicError {
        MusicError::File {
            path: self.path.clone(),
            source,
        }
    }

    /// Appends what is new. Returns false if there is no room.
    fn append_new(&mut self) -> Result<bool, MusicError> {
        let grid = self.grid();
        let Some(file) = &mut self.file else {
            return Ok(false);
        };
        let failed = |source| MusicError::File {
            path: self.path.clone(),
            source,
        };
        if self.tempo_track.has_changes(self.latest) {
            let after = file.last(0).unwrap_or(0);
            let rest = self.tempo_track.rest(after, self.latest, grid);
            if !file.append(0, rest).map_err(failed)? {
                return Ok(false);
            }
            self.tempo_track.keep(self.latest);
        }
        for (place, track) in self.tracks.iter_mut().enumerate() {
            if track.is_kept() {
                continue;
            }
            let rest = track.rest(file.last(place + 1).unwrap_or(0), grid);
            if !file.append(place + 1, rest).map_err(failed)? {
                return Ok(false);
            }
            track.keep();
        }
        Ok(true)
    }

    fn rewrite(&mut self) -> std::io::Result<()> {
        let tracks = self.written(Some(self.latest));
        #[cfg(test)]
        let before = self.file.as_ref().map_or(0, GrowingFile::written);
        let file = GrowingFile::create(&self.path, self.grid().0, tracks)?;
        #[cfg(test)]
        let file = file.after(before);
        self.file = Some(file);
        self.stale = false;
        self.tempo_track.keep(self.latest);
        for track in &mut self.tracks {
            track.keep();
        }
        Ok(())
    }

    /// All tracks, with the tempi and meters up to a beat.
    fn written(&self, until: Option<Beat>) -> Vec<Bytes> {
        let grid = self.grid();
        let parts = self.tracks.iter().map(|track| {
            let name = self.names.part_name(track.part);
            track.whole(&name, grid)
        });
        let first = self.tempo_track.whole(&self.title, until, grid);
        std::iter::once(first).chain(parts).collect()
    }

    /// Time has passed: upcoming tempo changes up to here apply.
    fn advance(&mut self, now: Nanos) {
        if let Some(origin) = self.origin {
            let place = on_tick(Beat(self.transport.position(now) - origin));
            self.latest = self.latest.max(place);
        }
    }

    fn finish_file(&mut self) -> Result<(), MusicError> {
        self.file = None;
        for track in &mut self.tracks {
            track.release_all(self.latest);
        }
        self.tempo_track.forget_meters_after(self.latest);
        let tracks = self.written(None);
        finished(&self.path, self.grid().0, tracks).map_err(|source| self.failed(source))?;
        self.finished = true;
        tracing::info!(path = %self.path.display(), "recording finished");
        Ok(())
    }
}

impl Resolution {
    /// The smallest multiple that also makes this position exact.
    fn with(self, beat: Beat) -> Self {
        let Self::Exact(ticks) = self else {
            return self;
        };
        let (_, parts) = beat.0.fraction();
        let parts = parts.unsigned_abs();
        if ticks.is_multiple_of(parts) {
            return self;
        }
        match ticks.saturating_mul(parts / common(ticks, parts).max(1)) {
            ticks if ticks > MAX_TICKS => Self::TooFine,
            ticks => Self::Exact(ticks),
        }
    }
}

/// The most ticks that fit into the header of a file.
const MAX_TICKS: u64 = 0x7FFF;

/// The nearest position with a tick in every file: an instant is never exactly a beat, and files
/// have no time before their start.
fn on_tick(beat: Beat) -> Beat {
    let ticks = beat.0.to_ticks(Recorder::TICKS.into()).max(0);
    Beat(Beats::new(ticks, Recorder::TICKS.into()))
}

/// The bar line at or before a beat.
fn bar_line(transport: &Transport, beat: Beat) -> Beat {
    transport.meters().bar_line(beat).max(Beat::ZERO)
}

/// The greatest common divisor.
fn common(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => common(b, a % b),
    }
}

impl Sink for Recorder {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        if let Some(part) = message.part {
            let volumes = self.volumes.entry(part).or_default();
            let written = volumes.written(message.message);
            self.add(part, message.beat, written);
        }
        Ok(())
    }

    fn transport(&mut self, transport: &Transport, now: Nanos) {
        let position = transport.position(now);
        // Before it rolls, the transport may be moved to where a piece resumes.
        let moves = !self.has_rolled && !transport.is_rolling();
        let first = self.origin.is_none() || moves;
        self.has_rolled |= transport.is_rolling();
        let before = self.origin.filter(|_| !first);
        let origin = before.unwrap_or_else(|| bar_line(transport, position));
        self.origin = Some(origin);
        if moves {
            self.tempo_track = TempoTrack::default();
            self.stale = true;
        }
        let place = match first {
            true => Beat::ZERO,
            false => on_tick(Beat(position - origin)),
        };
        self.transport = *transport;
        self.latest = self.latest.max(place);
        self.tempo_track.change(place, transport, now, origin);
    }

    fn save(&mut self, now: Nanos) -> Result<(), SinkError> {
        self.advance(now);
        Ok(self.keep()?)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(self.finish_file()?)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if !self.finished {
            // The error cannot be reported any more.
            let _ = self.finish_file();
        }
    }
}
