//! Where the label of a mark has room: up to the next mark, whose own label begins there.

use crate::view::{Item, ItemKind};

/// Whether an item is a mark with a label at the top of its lane.
fn is_mark(item: &Item) -> bool {
    matches!(
        item.kind,
        ItemKind::Raised { .. }
            | ItemKind::Sent { .. }
            | ItemKind::Detached { .. }
            | ItemKind::CancelRequested
            | ItemKind::Forked
    )
}

/// The distance from a mark to the next one; 0 if another is at the same place and comes after it. `all` are
/// all items of the lane, from left to right.
pub(super) fn distance_to_next(mark: &Item, all: &[Item]) -> f32 {
    let place = all.iter().position(|item| std::ptr::eq(item, mark));
    let later = |(number, other): (usize, &Item)| {
        let distance = other.left - mark.left;
        let is_later = distance > 0.0 || distance == 0.0 && Some(number) > place;
        (is_mark(other) && is_later).then_some(distance)
    };
    let distances = all.iter().enumerate().filter_map(later);
    distances.fold(f32::MAX, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::SubRows;

    fn item(left: f32, kind: ItemKind) -> Item {
        Item {
            left,
            right: left,
            count: 1,
            rows: SubRows::default(),
            kind,
        }
    }

    #[test]
    fn a_label_ends_where_the_next_mark_begins() {
        let raised = || ItemKind::Raised { name: "go".into() };
        let all = [
            item(10.0, raised()),
            item(20.0, ItemKind::Activities),
            item(70.0, ItemKind::CancelRequested),
            item(70.0, raised()),
        ];
        let room = |place: usize| distance_to_next(&all[place], &all);
        assert_eq!(room(0), 60.0);
        assert_eq!(room(2), 0.0, "two at once: the label of the last is shown");
        assert_eq!(room(3), f32::MAX);
    }
}
