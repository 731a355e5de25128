//! A simulated Microsoft tenant that speaks the real wire protocol: library and binary.
