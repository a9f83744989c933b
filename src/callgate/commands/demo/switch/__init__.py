"""`callgate demo --switch`: calls through a real Kamailio with the kit, SIPp as caller and as called party.

programs   what must be installed, and where the kit is
leash      no program outlives whoever started it
waiting    until something holds
ports      free ones, of the loopback interface
kamailio   one Kamailio with the kit
trace      what SIPp saw
sipp       callers and called parties
booth      who can call, through what
outcome    what became of a call, by SIPp and by callgate
stories    what is played, and what the rules say to it
perform    playing and judging it

The tests of the switches drive Kamailio and SIPp by the same modules.
"""
