//! Activities with side effects that are recorded, and a log of every attempt.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fermata::engine::*;

macro_rules! activities {
    ($($(#[$doc:meta])* $marker:ident $name:literal $input:ty => $output:ty;)*) => {$(
        $(#[$doc])*
        pub struct $marker;
        impl Activity for $marker {
            const NAME: &'static str = $name;
            type Input = $input;
            type Output = $output;
        }
    )*};
}

activities! {
    /// Adds one.
    Step "step" u32 => u32;
    /// Takes this many milliseconds.
    Work "work" u32 => u32;
    /// Never returns.
    Endless "endless" () => ();
    /// Fails until the attempt with this number.
    Flaky "flaky" u32 => u32;
    /// Climbs this many steps; fails half-way, and continues from there.
    Climb "climb" u32 => u32;
    /// Panics.
    Clumsy "clumsy" () => ();
    /// Books anything but a flight.
    Book "book" String => String;
    /// Undoes a booking, at the second attempt.
    Cancel "cancel" String => ();
}

/// An attempt of an activity that began.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Began {
    pub instance: InstanceId,
    pub run: u32,
    pub scheduled: EventId,
    pub attempt: u32,
}

/// Every attempt that began, in order.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Began>>>);

impl Log {
    fn begins(&self, context: &ActivityContext) {
        self.0.lock().unwrap().push(Began {
            instance: context.instance().clone(),
            run: context.run(),
            scheduled: context.scheduled(),
            attempt: context.attempt(),
        });
    }

    /// What began since this was last asked.
    pub fn take(&self) -> Vec<Began> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The same, without taking it.
    pub fn all(&self) -> Vec<Began> {
        self.0.lock().unwrap().clone()
    }
}

/// Registers the activities.
pub fn labour(log: &Log) -> Registry {
    let registry = Registry::new();
    let registry = add(registry, log, Step, |_, n| async move {
        pause(100).await;
        Ok(n + 1)
    });
    let registry = add(registry, log, Work, |_, ms| async move {
        pause(ms).await;
        Ok(ms)
    });
    let registry = add(registry, log, Endless, |_, ()| std::future::pending());
    let registry = add(registry, log, Flaky, |context, needed| async move {
        pause(50).await;
        if context.attempt() < needed {
            return Err(Failure::new("Refused", "not yet").into());
        }
        Ok(context.attempt())
    });
    let registry = add(registry, log, Climb, climb);
    let registry = add(registry, log, Clumsy, |_, ()| async {
        panic!("it slipped")
    });
    let registry = add(registry, log, Book, |_, what: String| async move {
        pause(100).await;
        if what == "flight" {
            return Err(Failure::new("SoldOut", "no seat is left").into());
        }
        Ok(format!("key of the {what}"))
    });
    add(registry, log, Cancel, |context, _: String| async move {
        pause(100).await;
        if context.attempt() < 2 {
            return Err(Failure::new("Busy", "call again").into());
        }
        Ok(())
    })
}

fn add<A, F, Fut>(registry: Registry, log: &Log, marker: A, function: F) -> Registry
where
    A: Activity,
    F: Fn(ActivityContext, A::Input) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<A::Output, ActivityError>> + Send + 'static,
{
    let log = log.clone();
    registry.activity(marker, move |context, input| {
        log.begins(&context);
        function(context, input)
    })
}

async fn climb(context: ActivityContext, height: u32) -> Result<u32, ActivityError> {
    let reached: Option<u32> = context.last_heartbeat();
    if context.attempt() > 1 && reached.is_none_or(|reached| reached < height / 2) {
        let message = format!("attempt {} started at {reached:?}", context.attempt());
        return Err(Failure::new("Forgot", message).non_retryable().into());
    }
    for step in reached.unwrap_or(0)..height {
        if context.attempt() == 1 && step == height / 2 {
            return Err(Failure::new("Stumbled", "half-way").into());
        }
        pause(900).await;
        context.heartbeat(&(step + 1))?;
    }
    Ok(height)
}

async fn pause(ms: u32) {
    tokio::time::sleep(Duration::from_millis(ms.into())).await;
}
