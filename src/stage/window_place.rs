//! Where the window is on the desktop.

use egui::Ui;

use crate::view::{WindowExtent, WindowPlace};

/// Where the window of `ui` is now, as far as the desktop tells; else where it was. `asked` is the extent that it
/// was given.
pub(super) fn of(ui: &Ui, before: &WindowPlace, asked: WindowExtent) -> WindowPlace {
    let zoom = ui.zoom_factor();
    let (inner, outer, maximized) = ui.input(|input| {
        let window = input.viewport();
        (window.inner_rect, window.outer_rect, window.maximized)
    });
    let extent = match (asked, maximized) {
        (WindowExtent::FullScreen, _) => WindowExtent::FullScreen,
        (_, Some(true)) => WindowExtent::Maximized,
        (_, Some(false)) => WindowExtent::Normal,
        (_, None) => before.extent,
    };
    if extent != WindowExtent::Normal {
        // The size that it has when it does no longer fill the screen.
        return WindowPlace { extent, ..*before };
    }
    // Points are larger while everything is.
    let round = |x: f32, y: f32| [(x * zoom).round(), (y * zoom).round()];
    WindowPlace {
        size: inner
            .map(|rect| round(rect.width(), rect.height()))
            .or(before.size),
        position: outer
            .map(|rect| round(rect.left(), rect.top()))
            .or(before.position),
        extent,
    }
}
