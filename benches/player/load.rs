//! What else goes on while the player plays: workflows by the thousand, and the stage's work.

use std::{error::Error, sync::Arc, time::Duration};

use fermata::{
    engine::{
        Activity, ActivityContext, Context, Engine, Failure, Feed, Named, RedbStore, Registry,
        Setup,
    },
    view::Projector,
};
use futures_util::future::try_join_all;
use tempfile::TempDir;
use tokio::{runtime::Runtime, task::JoinHandle, time};

use crate::raw;

const OTHERS: u32 = 1_000;
/// The time between two frames.
const FRAME: Duration = Duration::from_micros(16_667);

/// Takes this many milliseconds.
struct Nap;

impl Activity for Nap {
    const NAME: &'static str = "nap";
    type Input = u64;
    type Output = ();
}

async fn naps(ctx: Context, millis: u64) -> Result<(), Failure> {
    loop {
        ctx.activity(Nap, &millis).await?;
    }
}

/// An engine at work, and whoever folds what it commits.
pub struct Load {
    engine: Engine,
    stage: JoinHandle<u64>,
    _room: TempDir,
}

impl Load {
    /// Begins it all.
    pub async fn begin() -> Result<Self, Box<dyn Error>> {
        let room = raw::room()?;
        let store = RedbStore::create(&room.path().join("busy.fermata"))?;
        let registry = Registry::new().workflow(Named::new("naps"), naps).activity(
            Nap,
            |_ctx: ActivityContext, millis: u64| async move {
                time::sleep(Duration::from_millis(millis)).await;
                Ok(())
            },
        );
        let engine = Engine::start(Arc::new(store), registry, Setup::default())?;
        let stage = tokio::spawn(stage(engine.subscribe().await?));
        let others = (0..OTHERS).map(|n| {
            let millis = u64::from(1 + n % 5);
            let nap = engine.start_instance(Named::<u64, ()>::new("naps"), &millis);
            nap.into_future()
        });
        try_join_all(others).await?;
        Ok(Self {
            engine,
            stage,
            _room: room,
        })
    }

    /// Ends it; gives how many activities there were and how many snapshots.
    pub fn end(self, runtime: &Runtime) -> Result<(u64, u64), Box<dyn Error>> {
        runtime.block_on(async {
            let activities = self.engine.metrics().activities;
            self.engine.stop().await;
            Ok((activities, self.stage.await?))
        })
    }
}

/// Folds commits, and takes a snapshot for each frame; gives how many. Ends with the feed.
async fn stage(mut feed: Feed) -> u64 {
    let mut projector = Projector::new();
    let mut frames = 0;
    let mut frame = time::interval(FRAME);
    loop {
        tokio::select! {
            committed = feed.next() => match committed {
                Some(committed) => {
                    projector.committed(&committed);
                }
                None => return frames,
            },
            _ = frame.tick() => {
                std::hint::black_box(projector.snapshot());
                frames += 1;
            }
        }
    }
}
