//! What the machine itself can do, on the same file system as what is measured: the limits.

use std::{
    error::Error,
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use redb::{Database, Durability, TableDefinition};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::mpsc};

/// How long one round of a limit takes.
const ROUND: Duration = Duration::from_millis(150);

/// A directory on the disk that is built on, which is seldom one in memory; gone when dropped.
pub fn room() -> std::io::Result<TempDir> {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
}

/// The middle one of several figures; not a number if there are none.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How often in a second something happens that is done again and again for one round.
fn rate<E>(mut act: impl FnMut(u64) -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    let mut times = 0;
    while start.elapsed() < ROUND {
        act(times)?;
        times += 1;
    }
    Ok(times as f64 / start.elapsed().as_secs_f64())
}

/// A bare redb database with one small table.
pub struct BareRedb {
    database: Database,
    next: u64,
}

impl BareRedb {
    const TABLE: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("rows");

    /// A new one.
    pub fn create(directory: &Path) -> Result<Self, redb::Error> {
        let database = Database::create(directory.join("bare.redb"))?;
        Ok(Self { database, next: 0 })
    }

    /// Durable commits per second with one insert of 100 bytes each, of one round.
    pub fn commits(&mut self) -> Result<f64, redb::Error> {
        rate(|_| {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            let mut table = transaction.open_table(Self::TABLE)?;
            table.insert(self.next, [7; 100].as_slice())?;
            drop(table);
            self.next += 1;
            Ok(transaction.commit()?)
        })
    }
}

/// Appends of 128 bytes per second, each brought to the disk; median of rounds.
pub fn synced_appends(directory: &Path, rounds: usize) -> std::io::Result<f64> {
    let mut file = File::create(directory.join("appended"))?;
    let figures: Result<Vec<_>, _> = (0..rounds)
        .map(|_| {
            rate(|_| {
                file.write_all(&[7; 128])?;
                file.sync_data()
            })
        })
        .collect();
    figures.map(median)
}

/// Tasks per second that are spawned one at a time and send word back, each awaited before the
/// next; median of rounds.
pub fn hops(runtime: &Runtime, rounds: usize) -> Result<f64, Box<dyn Error>> {
    const STEP: u32 = 100;
    let figures: Result<Vec<_>, Box<dyn Error>> = (0..rounds)
        .map(|_| {
            let steps = rate(|_| {
                runtime.block_on(async {
                    let (sender, mut receiver) = mpsc::unbounded_channel();
                    for n in 0..STEP {
                        let sender = sender.clone();
                        tokio::spawn(async move { sender.send(n) });
                        receiver.recv().await.ok_or("a task was lost")?;
                    }
                    Ok::<(), Box<dyn Error>>(())
                })
            })?;
            Ok(steps * f64::from(STEP))
        })
        .collect();
    figures.map(median)
}

/// Tasks per second that are spawned all at once and send word back, a thousand at a time; median
/// of rounds.
pub fn spawns(runtime: &Runtime, rounds: usize) -> f64 {
    const CROWD: u32 = 1_000;
    median((0..rounds).map(|_| {
        let Ok(crowds) = rate(|_| {
            runtime.block_on(async {
                let (sender, mut receiver) = mpsc::unbounded_channel();
                for n in 0..CROWD {
                    let sender = sender.clone();
                    tokio::spawn(async move { sender.send(n) });
                }
                drop(sender);
                while receiver.recv().await.is_some() {}
            });
            Ok::<(), std::convert::Infallible>(())
        });
        crowds * f64::from(CROWD)
    }))
}
