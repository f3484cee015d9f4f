//! The hosts that the plugin is tried in, and the pictures of what it played.
