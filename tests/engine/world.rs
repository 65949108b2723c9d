//! A simulated engine that can be stopped and started again on the same store.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;
use tokio::task::JoinHandle;

use crate::paused_time::in_paused_time;
use crate::program::{self, NEWS};

/// How an engine ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exit {
    /// In order.
    Stopped,
    /// In the middle of its work.
    Killed,
}

/// An engine, its store and its time.
pub struct World {
    pub engine: Engine,
    /// When there was no engine.
    pub outages: Vec<(Timestamp, Timestamp)>,
    store: Arc<RedbStore>,
    work: JoinHandle<()>,
}

impl World {
    /// Lets a test happen in a world of its own.
    pub fn simulate<T>(test: impl AsyncFnOnce(&mut World) -> T) -> T {
        in_paused_time(async {
            let store = Arc::new(RedbStore::in_memory().unwrap());
            let clock = Clock::starting_at(Timestamp(1_000_000_000));
            let (engine, work) = begin(&store, clock);
            let mut world = World {
                engine,
                outages: Vec::new(),
                store,
                work,
            };
            test(&mut world).await
        })
    }

    /// Ends the engine, and begins another one some time later.
    pub async fn restart(&mut self, exit: Exit, after: Duration) {
        let clock = self.engine.clock();
        let ended = clock.now();
        match exit {
            Exit::Stopped => self.engine.stop().await,
            Exit::Killed => self.work.abort(),
        }
        // It may have been aborted.
        let _ = (&mut self.work).await;
        tokio::time::sleep(after).await;
        (self.engine, self.work) = begin(&self.store, clock);
        self.outages.push((ended, clock.now()));
    }

    /// All runs of all instances, oldest first.
    pub fn runs(&self) -> Vec<(InstanceSummary, Vec<Event>)> {
        let all = self.engine.archive().list().unwrap();
        let ids: std::collections::BTreeSet<_> = all.into_iter().map(|run| run.id).collect();
        let runs = ids.iter().map(|id| self.engine.archive().runs(id).unwrap());
        runs.flatten().collect()
    }

    /// Lets everything go on that is held, and raises what anybody may wait for, until everything
    /// has ended.
    pub async fn play_out(&self) {
        for _ in 0..200 {
            let open = self.engine.archive().open_instances().unwrap();
            if open.is_empty() {
                return;
            }
            for instance in &open {
                // It may end meanwhile.
                let _ = self.engine.resume(&instance.id, "on we go").await;
                for (number, news) in NEWS.iter().enumerate() {
                    let data = Payload::encode(&number).unwrap();
                    let _ = self.engine.raise(&instance.id, news, data).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let open = self.engine.archive().open_instances().unwrap();
        let left = open.first().unwrap();
        let history = self.engine.archive().history(&left.id).unwrap();
        panic!("never ends: {left:#?}\n{}", as_text(&history));
    }
}

fn begin(store: &Arc<RedbStore>, clock: Clock) -> (Engine, JoinHandle<()>) {
    let setup = Setup {
        clock,
        randomness: Randomness::Seeded(1),
        ..Setup::default()
    };
    let (engine, work) =
        Engine::simulated(Arc::clone(store) as _, program::registry(), setup).unwrap();
    (engine, tokio::task::spawn_local(work))
}

/// A history, an event a line.
pub fn as_text(history: &[Event]) -> String {
    let lines = history.iter().map(|event| event.to_json().to_string());
    lines.collect::<Vec<_>>().join("\n")
}
