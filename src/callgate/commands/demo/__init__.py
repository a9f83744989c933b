"""`callgate demo`: a day of calls, decided by the real service.

people        who and what is in it
stage         the service, with a clock of its own
desk          how switch and staff speak to it
setting       what is there before the day begins
moves         what can happen
day           what does happen, in morning and evening
expectations  what the rules say to it
board         how it is shown and judged
switch        calls through a real Kamailio instead of the day
keeping       the service afterwards, for whoever wants to try
command       the command
"""
