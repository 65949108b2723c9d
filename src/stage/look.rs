//! What there is to paint with, found out without opening a window.

use egui::{Context, RawInput};

use super::theme::{self, Face, layout_line};

/// Something that can paint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graphics {
    /// Its name and the interface it is reached by.
    pub name: String,
    /// It is a card or a chip of its own, and not the processor.
    pub is_hardware: bool,
}

/// Is there a display that a window could open on?
pub fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// What paints by Vulkan, Metal or DirectX; nothing where there is no display. Where there is
/// nothing, the stage paints by OpenGL.
pub fn graphics() -> Vec<Graphics> {
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
        Graphics {
            name: format!("{} ({:?})", info.name, info.backend),
            is_hardware: !matches!(info.device_type, DeviceType::Cpu | DeviceType::Other),
        }
    });
    found.collect()
}

/// Does the typeface that is built in load, and has it letters?
pub fn fonts_load() -> bool {
    let laid_out = std::panic::catch_unwind(|| {
        let context = Context::default();
        theme::apply(&context);
        let mut widths = Vec::new();
        let mut painted = context.run_ui(RawInput::default(), |ui| {
            for face in [Face::Medium, Face::Bold] {
                let color = egui::Color32::WHITE;
                let painter = ui.painter();
                let laid_out = layout_line(painter, "Fermata", face.font(20.0), color);
                widths.push(laid_out.size().x);
            }
        });
        // Nobody has a screen to bring the letters to.
        painted.textures_delta.clear();
        widths
    });
    // Bold letters are wider; one face that stands in for both is not.
    laid_out.is_ok_and(
        |widths| matches!(widths.as_slice(), [medium, bold] if 0.0 < *medium && medium < bold),
    )
}
