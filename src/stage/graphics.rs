//! Checks of display, graphics adapters and fonts, without opening a window.

use egui::{Context, RawInput};

use super::theme::{self, Font, layout_line};

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
