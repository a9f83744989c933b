"""Files of people, lists and blocks: from an agency's system into callgate, and back out.

take_in     the file into a stage of this process alone: is it a table of this kind at all?
judge_*     each row against the records: what would it change, or why can it not be right?
apply_*     the whole change in one transaction
run         the order of these, the brake, and the proof at the end
write_out   the same files from the records
"""
