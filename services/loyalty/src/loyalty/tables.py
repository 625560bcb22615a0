"""The tables of loyalty, put together from its rooms. Migrations build the same; a test compares the two."""

from loyalty.account.tables import account_tables
from loyalty.adjustments.tables import adjustment_tables
from loyalty.books.tables import book_tables
from loyalty.coupons.tables import coupon_tables
from loyalty.draws.tables import draw_tables
from loyalty.phones.tables import phone_tables
from loyalty.programme.tables import programme_tables
from loyalty.publishing.tables import shadow_tables
from loyalty.redemptions.tables import redemption_tables
from loyalty.referrals.tables import referral_tables
from loyalty.replays.tables import replay_tables
from loyalty.rewards.tables import reward_tables
from loyalty.till.tables import till_tables
from loyalty.tills.tables import till_code_tables
from mandegar.database.tables import new_metadata, standard_tables

metadata = new_metadata()
standard_tables(metadata)
account_tables(metadata)
programme_tables(metadata)
phone_tables(metadata)
reward_tables(metadata)
till_tables(metadata)
redemption_tables(metadata)
coupon_tables(metadata)
till_code_tables(metadata)
book_tables(metadata)
adjustment_tables(metadata)
replay_tables(metadata)
shadow_tables(metadata)
referral_tables(metadata)
draw_tables(metadata)
