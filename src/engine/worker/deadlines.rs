//! Deadlines that are due.

use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::state::Worker;

impl Worker {
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let timer = self.timers.next().map(|due| self.clock.instant(due));
        let due = timer.into_iter().chain(self.next_schedule()).min();
        // With nothing due, a clock jump has no effect, so there is no need to poll.
        let due = due.map(|due| self.clock.read_again(due));
        let drain = self.drain.as_ref().map(|drain| drain.until);
        let retention = self.next_retention_check();
        due.into_iter().chain(drain).chain(retention).min()
    }

    pub(super) fn fire_due(&mut self) {
        self.watch_clock();
        let now = self.clock.now();
        while let Some((due, key, id)) = self.timers.pop(now) {
            if self.queue_deadline(key, (due, id)) {
                continue;
            }
            self.ensure_local(key);
            let Some(mut instance) = self.instances.remove(&key) else {
                continue;
            };
            let happened = self.run_code(&mut instance, |instance| {
                instance.deadline_due(now, id, due)
            });
            if !happened && !self.is_detached() {
                // The deadline was shifted.
                self.timers.arm(key, instance.take_armed());
            }
            self.put_back(instance);
            if happened {
                self.gauges.turns.fetch_add(1, Relaxed);
                self.mark_dirty(key);
            }
        }
        self.fire_schedules();
    }
}
