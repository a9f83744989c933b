"""What piles up over time and shows on no single page? One file a report; each says what its items hold.

Totals and names of people, never what a hotline heard or who called it. Nothing here tells of a block: what is read are
lists, calls, refusals, requests and the trail, each of which its readers may read anyway.
"""
