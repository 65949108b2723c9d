//! Activity slots are released, whatever happens to the instances that used them.

use std::sync::{Arc, OnceLock};

use fermata::engine::*;

use crate::harness::*;

/// One at a time.
struct Alone;
impl Activity for Alone {
    const NAME: &'static str = "alone";
    type Input = Option<InstanceId>;
    type Output = ();
}

async fn alone(ctx: Context, doomed: Option<InstanceId>) -> Result<(), Failure> {
    ctx.activity(Alone, &doomed).await
}

#[test]
fn a_slot_is_released_when_its_instance_ends_before_the_activity_starts() {
    let shared: Arc<OnceLock<Engine>> = Arc::default();
    let known = Arc::clone(&shared);
    let options = ActivityOptions {
        max_concurrent: Some(1),
        ..ActivityOptions::default()
    };
    let terminates = move |_, doomed: Option<InstanceId>| {
        let engine = known.get().cloned();
        async move {
            pass(10).await;
            if let (Some(engine), Some(doomed)) = (engine, doomed) {
                // Reaches the engine together with the end of this attempt, just after it.
                tokio::spawn(async move { engine.terminate(&doomed, "").await.unwrap() });
            }
            Ok(())
        }
    };
    let registry = Registry::new()
        .workflow(Named::new("alone"), alone)
        .activity_with(Alone, options, terminates);
    simulate(registry, |engine| async move {
        shared.get_or_init(|| engine.clone());
        let doomed = Some(id("doomed"));
        let start = |input: &Option<InstanceId>| engine.start_instance(wf("alone"), input);
        let first = start(&doomed).await.unwrap();
        start(&None).id(id("doomed")).await.unwrap();
        let last = start(&None).await.unwrap();
        engine.until_closed(&first).await.unwrap();
        let end = engine.until_closed(&id("doomed")).await.unwrap();
        assert_eq!(end.status, Status::Terminated);
        let history = engine.archive().history(&id("doomed")).unwrap();
        assert!(
            kinds(&history).contains(&"TaskStarted".to_owned()),
            "{history:?}"
        );
        pass(1_000).await;
        let end = engine.archive().summary(&last).unwrap();
        assert_eq!(end.status, Status::Completed);
    });
}
