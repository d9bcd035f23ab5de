//! The state as a picture: no I/O, no change of state.

pub mod theme;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::theme::Theme;
use super::model::State;

/// Draws the whole dashboard.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, theme: &Theme) {
    let _ = state.revision();
    let buffer = frame.buffer_mut();
    buffer.set_stringn(area.x, area.y, "keydeck", area.width.into(), theme.title);
}
