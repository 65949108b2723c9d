//! A simulated disk that loses unsynced writes, tears incomplete ones, fills up, fails and lies.
//!
//! It fails like Linux: after a failed sync, the lost pages count as written. They are readable until the
//! power is cut, no later sync writes them, and then the old content is back.

use std::{
    collections::HashMap,
    io::{self, ErrorKind},
    sync::{Arc, Mutex, MutexGuard},
};

use redb::StorageBackend;

/// What a disk writes as a whole or not at all, in bytes.
const SECTOR: usize = 512;

/// What a database reads at once, in bytes.
const PAGE: usize = 4096;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

/// What a loss of power leaves of what was written and not synced.
#[derive(Clone, Copy, Debug)]
pub enum Tear {
    /// Nothing.
    Nothing,
    /// Some of the sectors, drawn by this seed.
    Some(u64),
}

#[derive(Clone, Default)]
struct Platter {
    written: Vec<u8>,
    /// How long it was when it was synced last.
    synced_len: usize,
    /// The earlier content of the sectors that were written since then.
    before: HashMap<usize, [u8; SECTOR]>,
    /// The content on the disk of sectors whose new content a failed sync lost.
    lost: HashMap<usize, [u8; SECTOR]>,
    /// The content of the sectors before the last write.
    older: HashMap<usize, [u8; SECTOR]>,
    room: Option<u64>,
    read_only: bool,
    sync_failure: Option<u32>,
    power: Option<u64>,
    calls: u64,
    call_failure: Option<u64>,
    reads: u64,
    lie: Option<(u64, Lie)>,
    has_lied: bool,
}

/// What a read gives that is not what was written.
#[derive(Clone, Copy, Debug)]
pub enum Lie {
    /// A bit is another one, drawn by this seed.
    Flipped(u64),
    /// The content before the last: a write that the disk confirmed and did not do.
    Stale,
    /// The content of another place, drawn by this seed.
    Misdirected(u64),
}

impl std::fmt::Debug for Platter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unsynced = self.before.len();
        write!(
            f,
            "{} bytes, {unsynced} sectors unsynced",
            self.written.len()
        )
    }
}

impl Disk {
    /// A disk with this on it, synced.
    pub fn holding(image: Vec<u8>) -> Self {
        let disk = Self::default();
        disk.platter().synced_len = image.len();
        disk.platter().written = image;
        disk
    }

    /// Another disk with what this one would hold if the power went now.
    pub fn power_cut(&self, tear: Tear) -> Self {
        Self::holding(self.platter().after_power_cut(tear))
    }

    /// Another disk in the same state.
    pub fn duplicate(&self) -> Self {
        Self(Arc::new(Mutex::new(self.platter().clone())))
    }

    /// Its content, synced or not.
    pub fn image(&self) -> Vec<u8> {
        self.platter().written.clone()
    }

    /// Sets its capacity in bytes; `None`: unlimited.
    pub fn room(&self, bytes: Option<u64>) {
        self.platter().room = bytes;
    }

    /// Whether writing fails from now on.
    pub fn read_only(&self, read_only: bool) {
        self.platter().read_only = read_only;
    }

    /// The n-th sync from now on fails: 1 is the next.
    pub fn fail_sync(&self, nth: u32) {
        self.platter().sync_failure = Some(nth);
    }

    /// Whether the sync that `fail_sync` named has failed.
    pub fn sync_has_failed(&self) -> bool {
        self.platter().sync_failure.is_none()
    }

    /// The n-th call of any kind from now on fails: 1 is the next.
    pub fn fail_call(&self, nth: u64) {
        let mut platter = self.platter();
        platter.call_failure = Some(platter.calls + nth);
    }

    /// Whether the call that `fail_call` named has failed.
    pub fn has_failed(&self) -> bool {
        self.platter().call_failure.is_none()
    }

    /// The n-th read from now on gives something else: 1 is the next.
    pub fn lie(&self, nth: u64, lie: Lie) {
        let mut platter = self.platter();
        platter.lie = Some((platter.reads + nth, lie));
        platter.has_lied = false;
    }

    /// Whether there was a read that gave something else than what was written.
    pub fn has_lied(&self) -> bool {
        self.platter().has_lied
    }

    /// How many reads there were.
    pub fn reads(&self) -> u64 {
        self.platter().reads
    }

    /// Makes every write, change of length and sync fail after a number of them.
    pub fn power_for(&self, operations: u64) {
        self.platter().power = Some(operations);
    }

    /// Whether `power_for` has run out.
    pub fn is_off(&self) -> bool {
        self.platter().power == Some(0)
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }
}

impl Platter {
    fn after_power_cut(&self, tear: Tear) -> Vec<u8> {
        let mut draw = Draw(match tear {
            Tear::Nothing => None,
            Tear::Some(seed) => Some(seed),
        });
        let mut image = self.written.clone();
        let mut sectors: Vec<_> = self.before.iter().chain(&self.lost).collect();
        sectors.sort_by_key(|(sector, _)| **sector);
        let keeps_len = draw.kept();
        image.resize(image.len().max(self.synced_len), 0);
        for (sector, before) in sectors {
            if !draw.kept() {
                let start = sector * SECTOR;
                let end = image.len().min(start + SECTOR);
                if start < end {
                    image[start..end].copy_from_slice(&before[..end - start]);
                }
            }
        }
        image.truncate(if keeps_len {
            self.written.len()
        } else {
            self.synced_len
        });
        image
    }

    /// Notes what the sectors of a range hold, before they are changed for the first time.
    fn note(&mut self, start: usize, end: usize) {
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            let written = &self.written;
            // Written again, a lost sector is to be synced again.
            let lost = self.lost.remove(&sector);
            self.before.entry(sector).or_insert_with(|| {
                if let Some(lost) = lost {
                    return lost;
                }
                let mut before = [0; SECTOR];
                let end = written.len().min((sector + 1) * SECTOR);
                let held = written.get(sector * SECTOR..end).unwrap_or(&[]);
                before[..held.len()].copy_from_slice(held);
                before
            });
        }
    }

    fn may_write(&mut self, end: u64) -> io::Result<()> {
        self.use_power()?;
        if self.read_only {
            return Err(io::Error::new(
                ErrorKind::ReadOnlyFilesystem,
                "Read-only file system",
            ));
        }
        if self.room.is_some_and(|room| end > room) {
            return Err(io::Error::new(
                ErrorKind::StorageFull,
                "No space left on device",
            ));
        }
        Ok(())
    }

    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        if self.call_failure != Some(self.calls) {
            return Ok(());
        }
        self.call_failure = None;
        Err(io::Error::other("Input/output error"))
    }

    fn fail_to_sync(&mut self) {
        // What is to be written twice and was lost before is still lost.
        let before = std::mem::take(&mut self.before);
        self.lost.extend(before);
    }

    fn tell_a_lie(&mut self, lie: Lie, start: usize, out: &mut [u8]) {
        let truth = out.to_vec();
        let within =
            |seed: u64, len: usize| (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as usize % len;
        match lie {
            Lie::Flipped(seed) => out[within(seed, truth.len())] ^= 1 << (seed % 8),
            Lie::Stale => {
                for at in 0..out.len() {
                    if let Some(older) = self.older.get(&((start + at) / SECTOR)) {
                        out[at] = older[(start + at) % SECTOR];
                    }
                }
            }
            Lie::Misdirected(seed) => {
                let places = (self.written.len() - out.len()) / PAGE + 1;
                let other = within(seed, places) * PAGE;
                out.copy_from_slice(&self.written[other..other + truth.len()]);
            }
        }
        self.has_lied = *out != truth;
    }

    fn use_power(&mut self) -> io::Result<()> {
        match &mut self.power {
            Some(0) => Err(io::Error::other("the power is off")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Coins by xorshift; without a seed always the same side.
struct Draw(Option<u64>);

impl Draw {
    fn kept(&mut self) -> bool {
        let Some(state) = &mut self.0 else {
            return false;
        };
        *state = state.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
        *state ^= *state >> 29;
        *state & 1 == 1
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        let mut platter = self.platter();
        platter.call()?;
        Ok(platter.written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let mut platter = self.platter();
        platter.call()?;
        platter.reads += 1;
        let held = platter.written.get(start..start + out.len());
        out.copy_from_slice(held.ok_or(ErrorKind::UnexpectedEof)?);
        if let Some((nth, lie)) = platter.lie
            && nth == platter.reads
        {
            platter.tell_a_lie(lie, start, out);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut platter = self.platter();
        platter.call()?;
        platter.may_write(len)?;
        let (old, len) = (platter.written.len(), len as usize);
        if len < old {
            platter.note(len, old);
        }
        platter.written.resize(len, 0);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.platter();
        let (start, end) = (offset as usize, offset as usize + data.len());
        platter.call()?;
        platter.may_write(end as u64)?;
        platter.note(start, end);
        let held = platter.written.get_mut(start..end);
        held.ok_or(ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.platter();
        platter.use_power()?;
        let is_due = platter.sync_failure == Some(1);
        platter.sync_failure = match platter.sync_failure {
            Some(left) if left > 1 => Some(left - 1),
            _ => None,
        };
        if let Err(error) = platter.call() {
            platter.fail_to_sync();
            return Err(error);
        }
        if is_due {
            platter.fail_to_sync();
            return Err(io::Error::other("Input/output error"));
        }
        let before = std::mem::take(&mut platter.before);
        platter.older.extend(before);
        platter.synced_len = platter.written.len();
        Ok(())
    }
}

#[test]
fn a_power_cut_drops_or_tears_what_was_not_synced() {
    let disk = Disk::default();
    disk.set_len(2048).unwrap();
    disk.write(0, &[1; 2048]).unwrap();
    disk.sync_data().unwrap();
    disk.write(100, &[2; 1500]).unwrap();
    disk.set_len(1024).unwrap();
    disk.set_len(4096).unwrap();

    assert_eq!(disk.power_cut(Tear::Nothing).image(), [1; 2048]);
    let torn: Vec<_> = (0..50)
        .map(|seed| disk.power_cut(Tear::Some(seed)).image())
        .collect();
    let now = disk.image();
    for image in &torn {
        assert!(image.len() == 2048 || image.len() == 4096);
        for (place, sector) in image.chunks(SECTOR).take(4).enumerate() {
            let written = &now[place * SECTOR..(place + 1) * SECTOR];
            assert!(sector == written || sector == [1; SECTOR]);
        }
    }
    assert!(torn.iter().any(|image| *image != torn[0]));
    disk.sync_data().unwrap();
    assert_eq!(disk.power_cut(Tear::Nothing).image(), now);
}

#[test]
fn data_lost_by_a_failed_sync_is_readable_until_the_power_is_cut() {
    let disk = Disk::default();
    disk.set_len(1024).unwrap();
    disk.write(0, &[1; 1024]).unwrap();
    disk.sync_data().unwrap();
    disk.write(0, &[2; 1024]).unwrap();
    disk.fail_sync(1);
    assert!(disk.sync_data().is_err());
    disk.sync_data().unwrap();
    assert_eq!(disk.image(), [2; 1024]);
    assert_eq!(disk.power_cut(Tear::Nothing).image(), [1; 1024]);
    // Only what is written again gets there.
    disk.write(512, &[3; 512]).unwrap();
    assert_eq!(disk.power_cut(Tear::Nothing).image(), [1; 1024]);
    disk.sync_data().unwrap();
    let left = disk.power_cut(Tear::Nothing).image();
    assert_eq!((left[0], left[512]), (1, 3));
}
