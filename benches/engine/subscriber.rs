//! How much memory a subscriber takes that does not read.

use std::{error::Error, sync::Arc, time::Duration};

use fermata::engine::{
    Activity, ActivityContext, Context, Engine, Failure, FeedEnd, Named, Registry, Setup,
};
use futures_util::future::try_join_all;
use tokio::runtime::Runtime;

use crate::{
    memory::{Forgetful, most_of},
    table::{Requirement::AtMost, Table},
};

/// How many workflows run, as many at once, with as many activities each.
const WORKFLOWS: u32 = 1_000;
const CROWD: u32 = 50;
const ACTIVITIES: u32 = 20;
/// What each activity gives back, in bytes.
const RESULT: usize = 10_000;

/// Gives back a long text.
struct Write;

impl Activity for Write {
    const NAME: &'static str = "write";
    type Input = ();
    type Output = String;
}

async fn write(ctx: Context, n: u32) -> Result<u32, Failure> {
    for _ in 0..n {
        ctx.activity(Write, &()).await?;
    }
    Ok(n)
}

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let (without, with) = runtime.block_on(async {
        let (without, done) = most_of(work(false)).await;
        done?;
        let (with, done) = most_of(work(true)).await;
        done.map(|()| (without, with))
    })?;
    let committed = f64::from(WORKFLOWS * ACTIVITIES) * RESULT as f64;
    table
        .row(
            "a subscriber that does not read",
            (with - without) / 1e6,
            "MB",
        )
        .limit(committed / 1e6, "MB committed")
        .value_is(AtMost(32.0));
    Ok(())
}

/// All workflows, with a subscriber that reads nothing before they are done, or with none.
async fn work(is_subscribed: bool) -> Result<(), Box<dyn Error>> {
    let text = "x".repeat(RESULT);
    let registry = Registry::new()
        .workflow(Named::new("write"), write)
        .activity(Write, move |_ctx: ActivityContext, ()| {
            let text = text.clone();
            async move { Ok(text) }
        });
    let engine = Engine::start(Arc::new(Forgetful), registry, Setup::default())?;
    let mut feed = match is_subscribed {
        true => Some(engine.subscribe().await?),
        false => None,
    };
    for crowd in 1..=WORKFLOWS / CROWD {
        let workflow = || Named::<u32, u32>::new("write");
        let starts =
            (0..CROWD).map(|_| engine.start_instance(workflow(), &ACTIVITIES).into_future());
        try_join_all(starts).await?;
        while engine.metrics().activities < u64::from(crowd * CROWD * ACTIVITIES) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    if let Some(feed) = &mut feed {
        while feed.next().await.is_some() {}
        if feed.end() != Some(FeedEnd::TooSlow) {
            return Err("the subscriber was not disconnected".into());
        }
    }
    engine.stop().await;
    Ok(())
}
