<?php
/**
 * A comment that is edited: its new text counts.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * A comment was edited. Who could approve it has decided on the new text; anybody else's is asked about.
 *
 * @param int $comment_id WordPress's id.
 */
function comment_was_edited( $comment_id ) {
	$record  = record_of( (int) $comment_id );
	$comment = get_comment( $comment_id );
	if ( ! $record || ! $comment || ERASED === $record->state || ! is_ready() ) {
		return;
	}
	if ( is_trusted( get_current_user_id(), (int) $comment->comment_post_ID ) ) {
		tell_later( $record->remote_id, array( 'todo_submit' => 1 ) + decision_for( (string) $comment->comment_approved ) );
		return;
	}
	$answer = submit( $record->remote_id, $comment->to_array(), (float) setting( 'deadline' ) );
	if ( $answer->is_done() ) {
		take_verdict( $record->remote_id, $answer->document );
		return;
	}
	if ( '1' === (string) $comment->comment_approved && ( $answer->is_refused() || 'hold' === setting( 'when_away' ) ) ) {
		as_the_service(
			static function () use ( $comment_id ) {
				set_status( (int) $comment_id, '0' );
			}
		);
	}
	take_answer( $record->remote_id, $answer, false );
}

add_action( 'edit_comment', __NAMESPACE__ . '\\comment_was_edited' );
