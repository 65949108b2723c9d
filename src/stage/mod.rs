//! The window: paints the view and turns keys and gestures into commands. The only egui code.
//!
//! It holds no truth of its own: each frame it loads one snapshot, paints it and sends commands.

mod app;
mod button;
mod caption;
mod head;
mod help;
mod icons;
mod ink;
mod inspector;
mod keys;
mod lane;
mod learn;
pub mod look;
mod meters;
mod overview;
mod ports;
mod scene;
mod scores;
mod search;
mod theme;
mod timeline;
mod toast;
mod top_bar;

use std::sync::Arc;

pub use app::Stage;

use crate::{
    engine::{InstanceId, Timestamp},
    view::{Command, Snapshot},
};

/// What the stage needs of the application. Every call returns at once.
pub trait Host: Send + Sync {
    /// What there is to see now.
    fn snapshot(&self) -> Arc<Snapshot>;
    /// Carries a command out, later and elsewhere.
    fn send(&self, command: Command);
    /// Keeps a waker, to be called from any thread of the host's own, not more often than every 8 ms
    /// or so and never from a thread that must not wait.
    fn wake_with(&self, waker: Waker);
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// How loud the built-in synth plays an instance just now; 1 is full scale. Asked once a frame.
    fn loudness(&self, instance: &InstanceId) -> f32;
}

/// Tells the window something.
pub type Waker = Box<dyn Fn(Wake) + Send + Sync>;

/// What the window is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// A newer snapshot exists.
    Look,
    /// It shall close, as if somebody had closed it.
    Close,
}

/// How the window is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Renderer {
    /// `Wgpu` where a graphics card is found, else `Glow`.
    #[default]
    Auto,
    /// Vulkan, Metal or DirectX.
    Wgpu,
    /// OpenGL; four times faster than the others without a graphics card.
    Glow,
}

impl Renderer {
    fn resolved(self) -> eframe::Renderer {
        match self {
            Self::Wgpu => eframe::Renderer::Wgpu,
            Self::Glow => eframe::Renderer::Glow,
            Self::Auto if graphics_card() => eframe::Renderer::Wgpu,
            Self::Auto => eframe::Renderer::Glow,
        }
    }
}

/// On Linux a driver for a graphics card shows itself as a render node; other systems always have
/// one that wgpu can use.
fn graphics_card() -> bool {
    if cfg!(not(target_os = "linux")) {
        return true;
    }
    std::fs::read_dir("/dev/dri").is_ok_and(|nodes| {
        nodes
            .flatten()
            .any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
    })
}

/// How the stage is opened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageOptions {
    /// How the window is painted.
    pub renderer: Renderer,
    /// Size of the window, in points.
    pub size: [f32; 2],
}

impl Default for StageOptions {
    fn default() -> Self {
        Self {
            renderer: Renderer::Auto,
            size: [1600.0, 900.0],
        }
    }
}

/// Why the stage could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// No window.
    #[error(
        "cannot open a window ({0}): check that a display is available, or choose another renderer"
    )]
    NoWindow(String),
}

/// Opens the window and returns once it is closed. Must be called from the main thread.
pub fn run(host: Arc<dyn Host>, options: StageOptions) -> Result<(), StageError> {
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Fermata")
            .with_app_id("fermata")
            .with_inner_size(options.size)
            .with_min_inner_size([860.0, 480.0]),
        renderer: options.renderer.resolved(),
        persist_window: true,
        ..Default::default()
    };
    let made = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let stage = Stage::new(host, &cc.egui_ctx);
        Ok(Box::new(match graphics_card() {
            true => stage,
            false => stage.at_most(20),
        }))
    };
    eframe::run_native("fermata", native, Box::new(made))
        .map_err(|error| StageError::NoWindow(error.to_string()))
}
