//! Checks of display, graphics adapters and fonts, without opening a window.

use egui::{Context, RawInput};

use super::{
    Renderer,
    theme::{self, Font, layout_line},
};

/// A graphics backend that a window can be opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowRenderer {
    Wgpu,
    Glow,
}

impl WindowRenderer {
    /// The one for the library.
    pub(super) fn of_eframe(self) -> eframe::Renderer {
        match self {
            Self::Wgpu => eframe::Renderer::Wgpu,
            Self::Glow => eframe::Renderer::Glow,
        }
    }
}

impl std::fmt::Display for WindowRenderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Wgpu => "Vulkan, Metal or DirectX",
            Self::Glow => "OpenGL",
        })
    }
}

impl Renderer {
    /// The backends to open a window with, in this order.
    pub(super) fn attempts(self) -> Vec<WindowRenderer> {
        self.attempts_with(has_card())
    }

    fn attempts_with(self, card: bool) -> Vec<WindowRenderer> {
        match self {
            Self::Wgpu => vec![WindowRenderer::Wgpu],
            Self::Glow => vec![WindowRenderer::Glow],
            Self::Auto if card => vec![WindowRenderer::Wgpu, WindowRenderer::Glow],
            Self::Auto => vec![WindowRenderer::Glow, WindowRenderer::Wgpu],
        }
    }
}

/// Whether there is a graphics card. On Linux its driver has a render node; other systems always have an
/// adapter that wgpu can use.
pub(super) fn has_card() -> bool {
    if cfg!(not(target_os = "linux")) {
        return true;
    }
    std::fs::read_dir("/dev/dri").is_ok_and(|nodes| {
        nodes
            .flatten()
            .any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
    })
}

/// The backend of a window that is being opened, with its adapter or driver.
pub(super) fn describe(cc: &eframe::CreationContext<'_>) -> String {
    use eframe::glow::HasContext;

    if let Some(state) = &cc.wgpu_render_state {
        let info = state.adapter.get_info();
        let (name, backend) = (info.name, info.backend);
        return format!("wgpu, {name} ({backend:?}), {}", info.driver_info);
    }
    match &cc.gl {
        Some(gl) => {
            let version = gl.version();
            let (major, minor) = (version.major, version.minor);
            format!("glow, OpenGL {major}.{minor} {}", version.vendor_info)
        }
        None => "unknown".to_owned(),
    }
}

/// A graphics adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its name and API.
    pub name: String,
    /// Whether it is a GPU, and not the CPU.
    pub is_hardware: bool,
}

/// Whether there is a display to open a window on.
pub fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// The adapters for Vulkan, Metal or DirectX; none without a display. If there are none, the window
/// uses OpenGL.
pub fn adapters() -> Vec<Adapter> {
    use eframe::wgpu::{Backends, DeviceType, Instance, InstanceDescriptor};

    if !has_display() {
        return Vec::new();
    }
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
        return Vec::new();
    };
    let adapters = runtime.block_on(instance.enumerate_adapters(Backends::PRIMARY));
    let found = adapters.iter().map(|adapter| {
        let info = adapter.get_info();
        Adapter {
            name: format!("{} ({:?})", info.name, info.backend),
            is_hardware: !matches!(info.device_type, DeviceType::Cpu | DeviceType::Other),
        }
    });
    found.collect()
}

/// Whether the embedded fonts load and have glyphs.
pub fn fonts_load() -> bool {
    let laid_out = std::panic::catch_unwind(|| {
        let context = Context::default();
        theme::apply(&context);
        let mut widths = Vec::new();
        let mut painted = context.run_ui(RawInput::default(), |ui| {
            for font in [Font::Medium, Font::Bold] {
                let color = egui::Color32::WHITE;
                let painter = ui.painter();
                let laid_out = layout_line(painter, "Fermata", font.id(20.0), color);
                widths.push(laid_out.size().x);
            }
        });
        // Nothing is displayed, so the glyphs are not uploaded.
        painted.textures_delta.clear();
        widths
    });
    // Bold text is wider; a fallback font for both would have one width.
    laid_out.is_ok_and(
        |widths| matches!(widths.as_slice(), [medium, bold] if 0.0 < *medium && medium < bold),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_choice_every_renderer_is_tried_the_best_one_first() {
        let [wgpu, glow] = [WindowRenderer::Wgpu, WindowRenderer::Glow];
        assert_eq!(Renderer::Auto.attempts_with(true), [wgpu, glow]);
        assert_eq!(Renderer::Auto.attempts_with(false), [glow, wgpu]);
        assert_eq!(Renderer::Wgpu.attempts_with(false), [wgpu]);
        assert_eq!(Renderer::Glow.attempts_with(true), [glow]);
    }
}
