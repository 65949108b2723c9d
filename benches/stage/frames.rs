//! Frames without a window: the stage on a host that shows one snapshot.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use fermata::{
    engine::{InstanceId, Timestamp},
    stage::{Host, Stage, Waker},
    view::{Command, Projector, Snapshot, Viewport},
};

use super::histories::at;

/// How many frames are measured, after some to warm up.
const FRAMES: usize = 120;
const WARM_UP: usize = 12;

struct StillHost {
    snapshot: Arc<Snapshot>,
    now: AtomicU64,
}

impl Host for StillHost {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }
    fn send(&self, _: Command) {}
    fn set_waker(&self, _: Waker) {}
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Relaxed))
    }
    fn loudness(&self, _: &InstanceId) -> f32 {
        0.1
    }
}

/// Frames of a stage.
pub struct Frames {
    host: Arc<StillHost>,
    screen: egui::Vec2,
}

impl Frames {
    /// Of what the projector shows.
    pub fn new(projector: &Projector) -> Self {
        let snapshot = projector.snapshot();
        let end = snapshot.overview.extent().map_or(at(0.0), |(_, end)| end);
        let now = AtomicU64::new(end.0);
        Self {
            host: Arc::new(StillHost { snapshot, now }),
            screen: egui::vec2(1920.0, 1080.0),
        }
    }

    /// In a window so high that many heat rows fit.
    pub fn in_high_window(mut self) -> Self {
        self.screen.y = 3200.0;
        self
    }

    /// What view, painting and tessellating cost in each frame, in milliseconds, while the last `seconds`
    /// are visible.
    pub fn times(&mut self, seconds: f64) -> Result<Vec<f64>, Box<dyn Error>> {
        let ctx = egui::Context::default();
        let mut stage = Stage::new(self.host.clone(), &ctx);
        let mut times = Vec::new();
        for frame in 0..WARM_UP + FRAMES {
            self.host.now.fetch_add(16_000_000, Relaxed);
            let input = egui::RawInput {
                screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, self.screen)),
                time: Some(frame as f64 / 60.0),
                ..Default::default()
            };
            if frame == 1 && seconds > 0.0 {
                let width = stage.state().viewport.width;
                let now = self.host.now();
                stage.look_at(Viewport::new(now, seconds, width));
            }
            let begin = Instant::now();
            let mut output = ctx.run_ui(input, |ui| stage.show(ui));
            output.textures_delta.clear();
            let shapes = ctx.tessellate(output.shapes, output.pixels_per_point);
            let time = begin.elapsed().as_secs_f64() * 1e3;
            if shapes.is_empty() {
                return Err("nothing was painted".into());
            }
            if frame >= WARM_UP {
                times.push(time);
            }
        }
        Ok(times)
    }
}
