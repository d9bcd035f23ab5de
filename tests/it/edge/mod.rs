//! Tests of the layer of this name.
