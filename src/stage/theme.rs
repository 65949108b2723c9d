//! Fonts, colors and sizes.

use std::sync::Arc;

use egui::{
    Align2, Color32, Context, FontData, FontDefinitions, FontFamily, FontId, Galley, Painter, Pos2,
    Rect,
    text::{LayoutJob, TextFormat, TextWrapping},
};

use crate::view::{
    ReadingDistance, Rgb,
    escape::{escape, escape_line},
};

/// A font of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Secondary text.
    Medium,
    /// Text that is read from far away.
    Bold,
    /// Text of scores.
    Mono,
}

impl Font {
    /// Its id in a size, in points.
    pub fn id(self, size: f32) -> FontId {
        FontId::new(
            size,
            match self {
                Self::Medium => FontFamily::Proportional,
                Self::Bold => FontFamily::Name("bold".into()),
                Self::Mono => FontFamily::Monospace,
            },
        )
    }
}

/// A color of the palette for egui.
pub fn color32(color: Rgb) -> Color32 {
    let Rgb([r, g, b]) = color;
    Color32::from_rgb(r, g, b)
}

/// The color with an opacity from 0 to 1.
pub fn translucent(color: Rgb, opacity: f32) -> Color32 {
    color32(color).gamma_multiply(opacity)
}

/// Sets fonts and colors, and disables egui's shortcuts that could end a performance.
pub fn apply(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [
        (
            "inter",
            &include_bytes!("../../assets/fonts/Inter-Medium.otf")[..],
        ),
        (
            "inter-bold",
            &include_bytes!("../../assets/fonts/Inter-Bold.otf")[..],
        ),
    ] {
        let data = Arc::new(FontData::from_static(bytes));
        fonts.font_data.insert(name.to_owned(), data);
    }
    let plain = fonts.families.entry(FontFamily::Proportional).or_default();
    plain.insert(0, "inter".to_owned());
    let mut bold = plain.clone();
    bold.insert(0, "inter-bold".to_owned());
    fonts.families.insert(FontFamily::Name("bold".into()), bold);
    ctx.set_fonts(fonts);
    ctx.set_theme(egui::Theme::Dark);
    ctx.options_mut(|options| {
        options.quit_shortcuts.clear();
        options.zoom_with_keyboard = false;
    });
    ctx.all_styles_mut(|style| {
        let visuals = &mut style.visuals;
        visuals.panel_fill = color32(Rgb::BACKGROUND);
        visuals.window_fill = color32(Rgb::PANEL);
        visuals.extreme_bg_color = color32(Rgb::BACKGROUND);
        visuals.override_text_color = Some(color32(Rgb::TEXT));
        visuals.selection.bg_fill = translucent(Rgb::LANES[0], 0.4);
        style.interaction.selectable_labels = false;
    });
}

/// Sizes in points. They scale with the window; the design is made for 1920 by 1080.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    scale: f32,
    /// Height of the bar at the top.
    pub bar: f32,
    /// Height of the caption at the bottom.
    pub caption: f32,
    /// Height of the overview strip.
    pub overview: f32,
    /// Height of the ruler.
    pub ruler: f32,
    /// Width of the lane headers.
    pub lane_header: f32,
    /// Width of the inspector.
    pub inspector: f32,
    /// Width of the set list.
    pub setlist: f32,
}

impl Sizes {
    /// Sizes for a window and a reading distance. The window is measured in points, which the reading
    /// distance has already enlarged: it must not make the text smaller again.
    pub fn of(window: Rect, reading: ReadingDistance) -> Self {
        let zoom = reading.zoom();
        let scale = (window.width() * zoom / 1920.0)
            .min(window.height() * zoom / 1080.0)
            .clamp(0.66, 1.3);
        Self {
            scale,
            bar: 84.0 * scale,
            caption: 66.0 * scale,
            overview: 54.0 * scale,
            ruler: 34.0 * scale,
            lane_header: 336.0 * scale,
            inspector: 452.0 * scale,
            setlist: 468.0 * scale,
        }
    }

    /// The same for another size of everything.
    pub fn times(self, factor: f32) -> Self {
        Self {
            scale: self.scale * factor,
            bar: self.bar * factor,
            caption: self.caption * factor,
            overview: self.overview * factor,
            ruler: self.ruler * factor,
            lane_header: self.lane_header * factor,
            inspector: self.inspector * factor,
            setlist: self.setlist * factor,
        }
    }

    /// A width of this window, in points of the design.
    pub fn design_points(&self, width: f32) -> f32 {
        width / self.scale
    }

    /// A size of the design, in points of this window.
    pub fn pt(&self, size: f32) -> f32 {
        size * self.scale
    }
}

// Text is painted through the functions below and nowhere else: they escape control characters and
// bidirectional overrides, which names, payloads and messages from outside may contain.

/// Lays out text on one line.
pub fn layout_line(
    painter: &Painter,
    text: impl ToString,
    font: FontId,
    color: Color32,
) -> Arc<Galley> {
    painter.layout_no_wrap(escape_line(&text.to_string()).into_owned(), font, color)
}

/// Lays out text that wraps at `width`, in at most `max_rows` rows.
pub fn layout_wrapped(
    painter: &Painter,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
    max_rows: usize,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple(escape(text).into_owned(), font, color, width);
    job.wrap.max_rows = max_rows;
    painter.layout_job(job)
}

/// Paints text on one line and returns its rectangle.
pub fn text(
    painter: &Painter,
    at: Pos2,
    align: Align2,
    text: impl ToString,
    font: FontId,
    color: Color32,
) -> Rect {
    let galley = layout_line(painter, text, font, color);
    let rect = align.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// Paints bold text on one line. Long text gets smaller before it is cut.
pub fn text_fitted(
    painter: &Painter,
    at: Pos2,
    text: &str,
    size: f32,
    color: Color32,
    width: f32,
) -> Rect {
    let whole = layout_line(painter, text, Font::Bold.id(size), color);
    let fits = (width / whole.size().x.max(1.0)).clamp(0.62, 1.0);
    let font = Font::Bold.id((size * fits).floor().max(10.0));
    text_within(painter, at, Align2::LEFT_CENTER, text, font, color, width)
}

/// Lays out text on one line, cut with an ellipsis where it would be wider than `width`.
pub fn layout_within(
    painter: &Painter,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let line = escape_line(text).into_owned();
    let mut job = LayoutJob::single_section(line, TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    painter.layout_job(job)
}

/// Paints text on one line, cut with an ellipsis where it would be wider than `width`.
pub fn text_within(
    painter: &Painter,
    at: Pos2,
    align: Align2,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
) -> Rect {
    let galley = layout_within(painter, text, font, color, width);
    let rect = align.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}
