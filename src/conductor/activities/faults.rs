//! Injected faults of attempts: late, failing, or both.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::ScoreActivities;
use crate::{
    conductor::{FaultTarget, http, trouble},
    engine::{ActivityContext, ActivityError},
    score::http::HttpCall,
};

impl ScoreActivities {
    /// Delays this attempt of an activity if a latency is injected, and fails it if a failure is.
    pub(super) async fn strike(
        &self,
        activity: &str,
        context: &mut ActivityContext,
    ) -> Result<(), ActivityError> {
        let target = FaultTarget::Activity(activity.into());
        self.delay(&target, context).await?;
        let rate = self.failing_share(&target);
        match rate.is_some_and(|rate| trouble::strikes_at(rate, context)) {
            true => Err(trouble::failure_of(activity).into()),
            false => Ok(()),
        }
    }

    /// The same for a call of a service, by the name of the service.
    pub(super) async fn strike_service(
        &self,
        call: &HttpCall,
        context: &mut ActivityContext,
    ) -> Result<(), ActivityError> {
        let Some(service) = http::service_of(&call.target) else {
            return Ok(());
        };
        self.mixer
            .send_if_modified(|mixer| mixer.note_service(&service));
        let target = FaultTarget::Service(Arc::clone(&service));
        self.delay(&target, context).await?;
        let rate = self.failing_share(&target);
        match rate.is_some_and(|rate| trouble::strikes_at(rate, context)) {
            true => Err(http::out_of_order(&service).into()),
            false => Ok(()),
        }
    }

    /// Waits for the latency that is injected into a target. An attempt that waits has had no effect: it
    /// returns to the engine on suspension.
    pub(in crate::conductor) async fn delay(
        &self,
        target: &FaultTarget,
        context: &mut ActivityContext,
    ) -> Result<(), ActivityError> {
        let latency = self.mixer.borrow().fault(target).latency;
        if latency > Duration::ZERO {
            tokio::select! {
                biased;
                () = context.suspended() => return Err(ActivityError::Yielded),
                () = sleep(latency) => {}
            }
        }
        Ok(())
    }

    /// The share of attempts that fail, if one is set. An outage and a failure that was asked for make it 1;
    /// the latter is used up by this attempt.
    pub(in crate::conductor) fn failing_share(&self, target: &FaultTarget) -> Option<f64> {
        if self.mixer.borrow().fault(target).outage {
            return Some(1.0);
        }
        let taken = self
            .mixer
            .send_if_modified(|mixer| mixer.take_failure(target));
        match taken {
            true => Some(1.0),
            false => self.mixer.borrow().failing_share(target),
        }
    }
}
