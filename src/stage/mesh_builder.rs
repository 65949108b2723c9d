//! Builds one mesh from many shapes: rectangles, rounded rectangles, outlines, lines, dashes.
//!
//! Each lane is one mesh, because tessellating a shape per event would take far longer than painting.

use std::sync::Arc;

use egui::{Color32, Context, Id, Mesh, Painter, Pos2, Rect, Shape, Vec2, pos2, vec2};

/// Points along a quarter of a rounded corner.
const CORNER: usize = 4;

/// A mesh under construction. Edges are anti-aliased.
#[derive(Debug, Default)]
pub struct MeshBuilder {
    mesh: Mesh,
}

impl MeshBuilder {
    /// A mesh in the memory of the one that was kept under this id in the last frame. Memory for a large
    /// mesh comes from the system page by page, which takes longer than the mesh itself.
    pub fn from_last_frame(ctx: &Context, id: Id) -> Self {
        let kept = ctx.data_mut(|data| data.remove_temp::<Arc<Mesh>>(id));
        // If something else still shows it, a new one is made.
        let mut mesh = kept.and_then(|kept| Arc::try_unwrap(kept).ok());
        if let Some(mesh) = &mut mesh {
            // `Mesh::clear` gives the memory away.
            mesh.indices.clear();
            mesh.vertices.clear();
        }
        Self {
            mesh: mesh.unwrap_or_default(),
        }
    }

    /// Paints the mesh and keeps its memory for the next frame.
    pub fn flush_and_keep(self, painter: &Painter, id: Id) {
        if self.mesh.is_empty() {
            return;
        }
        let mesh = Arc::new(self.mesh);
        painter.add(Shape::Mesh(Arc::clone(&mesh)));
        painter.ctx().data_mut(|data| data.insert_temp(id, mesh));
    }

    /// Paints the mesh and starts an empty one.
    pub fn flush(&mut self, painter: &Painter) {
        let mesh = std::mem::take(&mut self.mesh);
        if !mesh.is_empty() {
            painter.add(Shape::mesh(mesh));
        }
    }

    /// A plain rectangle.
    pub fn rect(&mut self, rect: Rect, color: Color32) {
        if rect.is_positive() {
            self.mesh.add_colored_rect(rect, color);
        }
    }

    /// A rectangle with a gradient from left to right.
    pub fn horizontal_gradient(&mut self, rect: Rect, left: Color32, right: Color32) {
        let first = self.mesh.vertices.len() as u32;
        self.mesh.colored_vertex(rect.left_top(), left);
        self.mesh.colored_vertex(rect.right_top(), right);
        self.mesh.colored_vertex(rect.right_bottom(), right);
        self.mesh.colored_vertex(rect.left_bottom(), left);
        self.mesh.add_triangle(first, first + 1, first + 2);
        self.mesh.add_triangle(first, first + 2, first + 3);
    }

    /// A rounded rectangle.
    pub fn round(&mut self, rect: Rect, radius: f32, color: Color32) {
        if rect.width() < 4.0 || rect.height() < 4.0 {
            return self.rect(rect, color);
        }
        self.soft(rect, radius, 1.0, color);
    }

    /// A glow around a rectangle, `reach` points wide.
    pub fn glow(&mut self, rect: Rect, radius: f32, reach: f32, color: Color32) {
        self.soft(
            rect.expand(reach * 0.25),
            radius + reach * 0.25,
            reach,
            color,
        );
    }

    /// A rounded rectangle whose edge fades over `feather` points.
    fn soft(&mut self, rect: Rect, radius: f32, feather: f32, color: Color32) {
        let half = feather.min(1.0) / 2.0;
        let inner = contour(rect, radius, -half);
        let outer = contour(rect, radius, feather - half);
        let center = self.vertex(rect.center(), color);
        let first = center + 1;
        for (a, b) in inner.iter().zip(&outer) {
            self.mesh.colored_vertex(*a, color);
            self.mesh.colored_vertex(*b, Color32::TRANSPARENT);
        }
        let count = inner.len() as u32;
        for n in 0..count {
            let (i, o) = (first + 2 * n, first + 2 * n + 1);
            let next = first + 2 * ((n + 1) % count);
            self.mesh.add_triangle(center, i, next);
            self.mesh.add_triangle(i, o, next + 1);
            self.mesh.add_triangle(i, next + 1, next);
        }
    }

    /// The outline of a rounded rectangle.
    pub fn outline(&mut self, rect: Rect, radius: f32, width: f32, color: Color32) {
        let rings = [
            (-width - 0.5, Color32::TRANSPARENT),
            (-width + 0.5, color),
            (-0.5, color),
            (0.5, Color32::TRANSPARENT),
        ];
        let first = self.mesh.vertices.len() as u32;
        let mut count = 0;
        for (offset, color) in rings {
            let ring = contour(rect, radius, offset);
            count = ring.len() as u32;
            for point in ring {
                self.mesh.colored_vertex(point, color);
            }
        }
        for ring in 0..3 {
            let (a, b) = (first + ring * count, first + (ring + 1) * count);
            for n in 0..count {
                let m = (n + 1) % count;
                self.mesh.add_triangle(a + n, b + n, b + m);
                self.mesh.add_triangle(a + n, b + m, a + m);
            }
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: Pos2, to: Pos2, width: f32, color: Color32) {
        let along = to - from;
        if along.length_sq() < 1e-6 {
            return;
        }
        let across = along.normalized().rot90();
        let sides = stroke_sides(width, color);
        let first = self.mesh.vertices.len() as u32;
        for (offset, color) in sides {
            self.mesh.colored_vertex(from + across * offset, color);
            self.mesh.colored_vertex(to + across * offset, color);
        }
        for side in 0..3 {
            let a = first + side * 2;
            self.mesh.add_triangle(a, a + 1, a + 3);
            self.mesh.add_triangle(a, a + 3, a + 2);
        }
    }

    /// An arc from one angle to another (radians, clockwise from the right).
    pub fn arc(&mut self, center: Pos2, radius: f32, angles: [f32; 2], width: f32, color: Color32) {
        let [from, to] = angles;
        let steps = ((to - from).abs() * 12.0).ceil().max(2.0) as u32;
        let sides = stroke_sides(width, color);
        let first = self.mesh.vertices.len() as u32;
        for step in 0..=steps {
            let angle = from + (to - from) * step as f32 / steps as f32;
            for (offset, color) in sides {
                let at = center + Vec2::angled(angle) * (radius + offset);
                self.mesh.colored_vertex(at, color);
            }
        }
        for step in 0..steps {
            for side in 0..3 {
                let a = first + step * 4 + side;
                self.mesh.add_triangle(a, a + 1, a + 5);
                self.mesh.add_triangle(a, a + 5, a + 4);
            }
        }
    }

    /// A horizontal dashed line.
    pub fn horizontal_dashes(
        &mut self,
        x: [f32; 2],
        y: f32,
        dash: [f32; 2],
        width: f32,
        color: Color32,
    ) {
        let [from, to] = x;
        let [on, off] = dash;
        let mut at = from;
        let mut left = 4000;
        while at < to && left > 0 {
            let end = (at + on).min(to);
            self.rect(
                Rect::from_min_max(pos2(at, y - width / 2.0), pos2(end, y + width / 2.0)),
                color,
            );
            at += on + off;
            left -= 1;
        }
    }

    /// A vertical dashed line.
    pub fn vertical_dashes(
        &mut self,
        x: f32,
        y: [f32; 2],
        dash: [f32; 2],
        width: f32,
        color: Color32,
    ) {
        let [from, to] = y;
        let [on, off] = dash;
        let mut at = from;
        while at < to {
            let end = (at + on).min(to);
            self.rect(
                Rect::from_min_max(pos2(x - width / 2.0, at), pos2(x + width / 2.0, end)),
                color,
            );
            at += (on + off).max(1.0);
        }
    }

    /// Diagonal hatching of a rectangle. The lines stay fixed to the x coordinate `anchor`.
    pub fn hatch(&mut self, rect: Rect, anchor: f32, apart: f32, color: Color32) {
        let height = rect.height();
        let first = ((rect.left() - height - anchor) / apart).floor();
        let mut foot = anchor + first * apart;
        while foot < rect.right() {
            let from = foot.max(rect.left());
            let to = (foot + height).min(rect.right());
            if from < to {
                let y = |x: f32| rect.bottom() - (x - foot);
                self.line(pos2(from, y(from)), pos2(to, y(to)), 1.4, color);
            }
            foot += apart;
        }
    }

    /// A filled convex polygon.
    pub fn polygon(&mut self, points: &[Pos2], color: Color32) {
        let first = self.mesh.vertices.len() as u32;
        for point in points {
            self.mesh.colored_vertex(*point, color);
        }
        for n in 1..(points.len() as u32).saturating_sub(1) {
            self.mesh.add_triangle(first, first + n, first + n + 1);
        }
    }

    fn vertex(&mut self, at: Pos2, color: Color32) -> u32 {
        let place = self.mesh.vertices.len() as u32;
        self.mesh.colored_vertex(at, color);
        place
    }
}

/// The outline of a rounded rectangle, moved outwards by `offset`.
fn contour(rect: Rect, radius: f32, offset: f32) -> Vec<Pos2> {
    let radius = radius.min(rect.width() / 2.0).min(rect.height() / 2.0);
    let core = rect.shrink(radius);
    let reach = (radius + offset).max(0.0);
    // A sharp corner moved inwards keeps a radius of zero.
    let inward = (radius + offset).min(0.0);
    let corners = [
        (core.right_bottom(), vec2(1.0, 1.0), 0.0),
        (core.left_bottom(), vec2(-1.0, 1.0), 1.0),
        (core.left_top(), vec2(-1.0, -1.0), 2.0),
        (core.right_top(), vec2(1.0, -1.0), 3.0),
    ];
    let mut points = Vec::with_capacity(4 * (CORNER + 1));
    for (center, outwards, quarter) in corners {
        for step in 0..=CORNER {
            let turn = (quarter + step as f32 / CORNER as f32) * std::f32::consts::FRAC_PI_2;
            points.push(center + outwards * inward + Vec2::angled(turn) * reach);
        }
    }
    points
}

/// A stroke's offsets from its center line, with the color of each: it fades out over one point on
/// both sides.
fn stroke_sides(width: f32, color: Color32) -> [(f32, Color32); 4] {
    let (inner, outer) = (width / 2.0 - 0.5, width / 2.0 + 0.5);
    [
        (-outer, Color32::TRANSPARENT),
        (-inner, color),
        (inner, color),
        (outer, Color32::TRANSPARENT),
    ]
}
