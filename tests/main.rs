//! Drives the program, and shows what it makes to the judges that decide in the field.

mod judges;
